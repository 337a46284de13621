import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWorkflow } from '../node/load-workflow.ts';
import { readWorkflow, type WorkflowDefinition } from '../workflow/index.ts';
import { buildGraph, graphOf, orderOf, reachable, type TaskGraph } from './graph.ts';

function definitionOf(text: string): WorkflowDefinition {
  const { definition } = readWorkflow(text);
  if (definition === null) throw new Error('no definition');
  return definition;
}

const graph = (text: string, data: number[][] = []): TaskGraph => buildGraph(definitionOf(text), data);

/** `a>b transition` for every edge. */
function edgesOf({ edges, slots }: TaskGraph): string[] {
  const names = [...slots.keys()];
  return edges.map(({ from, to, kind }) => `${String(names[from])}>${String(names[to])} ${kind}`);
}
const startsOf = ({ starts, slots }: TaskGraph): string[] => starts.map((slot) => [...slots.keys()][slot] ?? '');

describe('the order in force', () => {
  it.each([
    ['tasks: { a: {}, b: {} }', 'sequence'],
    ['tasks: { a: { next: { do: noop } }, b: {} }', 'sequence'],
    ['tasks: { a: { next: { when: failed(), do: [continue, fail] } } }', 'sequence'],
    ['tasks: { a: {}, b: { needs: a } }', 'graph'],
    ['tasks: { a: { next: { do: b } }, b: {} }', 'graph'],
    ['tasks: { a: {}, b: { join: all } }', 'graph'],
    ['tasks: { a: { on-success: b }, b: {} }', 'graph'],
    ['order: dataflow\ntasks: { a: {}, b: { needs: a } }', 'dataflow'],
    ['order: graph\ntasks: { a: {} }', 'graph'],
    ['order: sequence\ntasks: { a: { next: { do: b } }, b: {} }', 'sequence'],
  ])('%s', (text, mode) => {
    expect(orderOf(definitionOf(text))).toBe(mode);
    expect(graph(text).mode).toBe(mode);
  });
});

describe('edges', () => {
  it('of a sequence lead from each task to the next', () => {
    const built = graph('tasks: { a: {}, b: {}, c: {} }');
    expect(edgesOf(built)).toEqual(['a>b sequence', 'b>c sequence']);
    expect(startsOf(built)).toEqual(['a']);
  });

  it('of a graph are its transitions and needs; names that are no task are left out', () => {
    const built = graph(`tasks:
  a: { next: [{ do: [b, noop, zzz] }, { when: failed(), do: [c, b] }] }
  b: { next: { do: b } }
  c: {}
  d: { needs: [a, c, yyy] }`);
    expect(edgesOf(built)).toEqual([
      'a>b transition',
      'a>c transition',
      'a>b transition',
      'b>b transition',
      'a>d needs',
      'c>d needs',
    ]);
    expect(built.edges.map((edge) => edge.transition)).toEqual([0, 1, 1, 0, undefined, undefined]);
    expect(built.inbound.map((edges) => edges.length)).toEqual([0, 3, 1, 2]);
    expect(built.outbound.map((edges) => edges.length)).toEqual([4, 1, 1, 0]);
  });

  it('of data: from what is read, unless transitions lead there', () => {
    const text = `order: dataflow
tasks: { a: {}, b: {}, c: { next: { do: d } }, d: {}, e: { join: 1 }, f: { needs: a } }`;
    const built = graph(text, [[0], [0, 0], [1], [0], [0], [0, 1]]);
    expect(edgesOf(built)).toEqual(['c>d transition', 'a>f needs', 'a>b data', 'b>c data', 'b>f data']);
    expect(startsOf(built)).toEqual(['a', 'e']);
  });

  it('of data follow from what templates read: results, statuses, counts and failures, not guarded or not', () => {
    const { plan } = parseWorkflow(`order: dataflow
tasks:
  - { name: last, action: core.echo, input: { m: << task.one.x ?? 1 >>, n: ["<< status('two') >>"] } }
  - { name: one }
  - { name: two, with-items: << task.one.list >>, next: [{ when: failed(), publish: { x: << task.three ?? 0 >> } }] }
  - { name: three, when: "stats('two').total > 0 and length(failures('two')) == 0" }
  - { name: free, action: core.echo, input: { m: << parameters.x >>, n: << task.free ?? 0 >> } }
  - { name: waits, delay: << task.free >> }
`);
    expect(plan.tasks.map((task) => [task.name, task.needs.map((slot) => plan.tasks[slot]?.name)])).toEqual([
      ['last', ['one', 'two']],
      ['one', []],
      ['two', ['one']],
      ['three', ['two']],
      ['free', []],
      ['waits', ['free']],
    ]);
    expect(plan.starts).toEqual([1, 4]);
    expect(plan.tasks[1]?.neededBy).toEqual([0, 2]);
  });

  it('of a task that is called like an earlier one belong to the earlier one', () => {
    const { definition } = readWorkflow('tasks: [{ name: a }, { name: b, needs: a }, { name: a }]');
    const built = buildGraph(definition as WorkflowDefinition);
    expect(built.slots.get('a')).toBe(0);
  });
});

describe('starts', () => {
  it.each([
    ['tasks: { a: { next: { do: c } }, b: { next: { do: c } }, c: {} }', ['a', 'b']],
    ['tasks: { b: { next: { do: b } }, a: { next: { do: b } } }', ['a']],
    ['tasks: { a: { next: { do: a } } }', ['a']],
    ['tasks: { x: { next: { do: y } }, y: { next: { do: x } }, z: {} }', ['x', 'z']],
    ['tasks: { y: { next: { do: x } }, x: { next: { do: [y, z] } }, z: {}, in: { next: { do: z } } }', ['y', 'in']],
    ['tasks: { x: { next: { do: y } }, y: { next: { do: x } }, in: { next: { do: y } } }', ['in']],
    [
      'tasks: { a: { next: { do: b } }, b: { next: { do: a } }, c: { next: { do: [a, d] } }, d: { next: { do: c } } }',
      ['c'],
    ],
  ])('%s', (text, starts) => {
    expect(startsOf(graph(text))).toEqual(starts);
  });
});

describe('random graphs', () => {
  const random = fc
    .integer({ min: 1, max: 9 })
    .chain((size) =>
      fc.tuple(fc.constant(size), fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 20 })),
    );

  function textOf(size: number, pairs: readonly (readonly [number, number])[]): string {
    const tasks = Array.from({ length: size }, (_, slot) => {
      const targets = [...new Set(pairs.filter(([from]) => from === slot).map(([, to]) => `t${String(to)}`))];
      return `  t${String(slot)}: { next: [{ do: [${targets.join(', ')}] }] }`;
    });
    return `order: graph\ntasks:\n${tasks.join('\n')}\n`;
  }

  /** Which vertices each one reaches in at least one step, by repeated squaring of "has an edge to". */
  function closure(size: number, pairs: readonly (readonly [number, number])[]): boolean[][] {
    const reaches = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
    for (const [from, to] of pairs) (reaches[from] as boolean[])[to] = true;
    for (let via = 0; via < size; via++)
      for (let from = 0; from < size; from++)
        for (let to = 0; to < size; to++)
          if (reaches[from]?.[via] === true && reaches[via]?.[to] === true) (reaches[from] as boolean[])[to] = true;
    return reaches;
  }

  it('have the components, cycles, starts and reachable tasks that the definition says', () => {
    fc.assert(
      fc.property(random, fc.nat(8), ([size, pairs], without) => {
        const built = graph(textOf(size, pairs));
        const reaches = closure(size, pairs);
        const all = Array.from({ length: size }, (_, slot) => slot);
        const together = (a: number, b: number): boolean =>
          a === b || (reaches[a]?.[b] === true && reaches[b]?.[a] === true);
        for (const a of all) {
          expect(built.onCycle[a]).toBe(reaches[a]?.[a]);
          for (const b of all) expect(built.component[a] === built.component[b]).toBe(together(a, b));
        }
        const entered = (slot: number): boolean =>
          pairs.some(([from, to]) => together(to, slot) && !together(from, slot));
        const first = (slot: number): boolean => all.every((other) => other >= slot || !together(other, slot));
        expect(built.starts).toEqual(all.filter((slot) => !entered(slot) && first(slot)));
        expect([...reachable(built, built.starts)].sort((a, b) => a - b)).toEqual(all);
        const kept = pairs.filter(([from, to]) => from !== without && to !== without);
        const left = closure(size, kept);
        const from = built.starts.filter((slot) => slot !== without);
        const expected = all.filter((slot) => from.some((start) => start === slot || left[start]?.[slot] === true));
        expect([...reachable(built, built.starts, without)].sort((a, b) => a - b)).toEqual(expected);
      }),
    );
  });

  it('of 20,000 tasks in a row do not run out of stack', () => {
    const size = 20_000;
    const template = definitionOf('tasks: { a: {} }').tasks[0];
    const tasks = Array.from({ length: size }, (_, slot) => ({
      ...template,
      name: `t${String(slot)}`,
      next: [{ path: [], publish: [], do: [{ value: `t${String((slot + 1) % size)}`, path: [] }] }],
    }));
    const definition = { ...definitionOf('order: graph\ntasks: { a: {} }'), tasks } as unknown as WorkflowDefinition;
    const built = buildGraph(definition);
    expect(new Set(built.component).size).toBe(1);
    expect(built.starts).toEqual([0]);
  }, 30_000);
});

describe('a graph as it is drawn', () => {
  it('has names, kinds, conditions, barriers and starts', () => {
    const text = `tasks:
  a: { action: core.log, next: [{ when: << failed() >>, do: c }, { do: [b, c] }] }
  b: { with-items: [1], next: { do: c } }
  c: { join: all }
  d: { needs: a }`;
    expect(graphOf(definitionOf(text))).toEqual({
      nodes: [
        { name: 'a', action: 'core.log', withItems: false, start: true },
        { name: 'b', action: 'core.noop', withItems: true, start: false },
        { name: 'c', action: 'core.noop', withItems: false, join: 'all', start: false },
        { name: 'd', action: 'core.noop', withItems: false, start: false },
      ],
      edges: [
        { from: 'a', to: 'c', kind: 'transition', label: '<< failed() >>' },
        { from: 'a', to: 'b', kind: 'transition' },
        { from: 'a', to: 'c', kind: 'transition' },
        { from: 'b', to: 'c', kind: 'transition' },
        { from: 'a', to: 'd', kind: 'needs' },
      ],
    });
  });
});
