import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installLanguage } from '../plan/index.ts';
import { Outcome } from './outcome.ts';
import type { Patch } from './patch.ts';
import { ContextShape, ContextVersion } from './version.ts';
import { WorkflowContext, type ContextContents, type ContextSnapshot } from './workflow-context.ts';

beforeAll(installLanguage);

const big = {
  servers: [
    { name: 'a', tags: ['x'] },
    { name: 'b', tags: [] },
  ],
  meta: { at: { depth: 3 } },
};
const context = WorkflowContext.create({
  parameters: { region: 'eu' },
  variables: { counter: 1, settings: big },
  results: { fetch: big, empty: undefined },
  config: { level: 7 },
  keystore: { token: 'hidden' },
  runId: 'run-1',
  workflow: 'demo',
  startedAtMs: 0,
});

describe('fork', () => {
  it('is a pointer, an item and an index, and nothing else', () => {
    const item = { own: true };
    const fork = context.fork(item, 3);
    expect(Object.keys(fork)).toEqual(['base', 'item', 'index']);
    expect([fork.base === context.base, fork.item === item, fork.index]).toEqual([true, true, 3]);
  });

  it.each([0, 100, 10_000])('touches none of %i variables and results', (count) => {
    const values = Object.fromEntries(Array.from({ length: count }, (_, index) => [`v${String(index)}`, { index }]));
    const wide = WorkflowContext.create({ variables: values, results: values });
    expect(wide.fork(1, 0).base).toBe(wide.base);
  });

  it('shares everything with its parent, at every depth', () => {
    const fork = context.fork('item', 0);
    for (const path of ['settings', 'settings.servers[0].tags', 'task.fetch.meta.at', 'task.fetch', 'config']) {
      expect(fork.get(path)).toBe(context.get(path));
    }
    expect(fork.get('settings')).toBe(big);
    expect(fork.get('task.fetch.servers')).toBe(big.servers);
  });

  it('sees its item and index; its parent and its siblings do not', () => {
    const [one, two] = [context.fork({ n: 1 }, 0), context.fork({ n: 2 }, 1)];
    const nested = one.fork('inner', 9);
    expect([one.evaluate('item.n + index'), two.evaluate('item.n + index'), nested.evaluate('[item, index]')]).toEqual([
      1,
      3,
      ['inner', 9],
    ]);
    expect(() => context.evaluate('item')).toThrow(expect.objectContaining({ code: 'HEDDLE_MISSING' }) as Error);
  });

  it('takes what it writes with it alone', () => {
    const parent = WorkflowContext.create({ variables: { n: 0 } });
    const [one, two] = [parent.fork('a', 0), parent.fork('b', 1)];
    const changed = one.publish({ n: 5 }).withResult('t', 'own');
    expect([changed.item, changed.index, changed.get('n'), changed.get('task.t')]).toEqual(['a', 0, 5, 'own']);
    expect([parent, one, two].map((each) => [each.get('n'), each.evaluate('task.t ?? none ?? "-"')])).toEqual([
      [0, '-'],
      [0, '-'],
      [0, '-'],
    ]);
  });
});

describe('publish', () => {
  it('makes a version that shares all that did not change', () => {
    const after = context.publish({ counter: 2, 'settings.meta.at.depth': 4, fresh: 'new' });
    expect([after.get('counter'), after.get('settings.meta.at.depth'), after.get('fresh')]).toEqual([2, 4, 'new']);
    expect([context.get('counter'), context.get('settings.meta.at.depth')]).toEqual([1, 3]);
    expect(() => context.get('fresh')).toThrow(expect.objectContaining({ code: 'HEDDLE_MISSING' }) as Error);
    expect(after.get('settings.servers')).toBe(big.servers);
    expect(after.get('task.fetch')).toBe(big);
    expect(after.base.constants).toBe(context.base.constants);
  });

  it('gives the patches of all changes at once', () => {
    const seen: (readonly Patch[])[] = [];
    context.publish({ counter: 2, 'settings.meta.at.depth': 4 }, (patches) => seen.push(patches));
    expect(seen).toEqual([
      [
        { op: 'replace', path: ['counter'], value: 2 },
        { op: 'replace', path: ['settings', 'meta', 'at', 'depth'], value: 4 },
      ],
    ]);
  });

  it('takes a recipe', () => {
    const seen: Patch[] = [];
    const after = context.publish(
      (draft) => {
        (draft['settings'] as typeof big).servers.pop();
      },
      (patches) => seen.push(...patches),
    );
    expect(after.evaluate('length(settings.servers)')).toBe(1);
    expect(context.evaluate('length(settings.servers)')).toBe(2);
    expect(after.get('settings.meta')).toBe(big.meta);
    expect(seen).toEqual([{ op: 'remove', path: ['settings', 'servers', 1] }]);
    expect(context.publish(() => undefined).get('counter')).toBe(1);
  });

  it('changes nothing where one of the changes is impossible', () => {
    const patches: unknown[] = [];
    const attempt = (): unknown => context.publish({ counter: 9, 'counter.x': 1 }, (some) => patches.push(some));
    expect(attempt).toThrow(expect.objectContaining({ code: 'HEDDLE_EXPRESSION_TYPE' }) as Error);
    expect([context.get('counter'), patches]).toEqual([1, []]);
  });

  it('lets every old version stand, whatever is published and read later', () => {
    const write = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd.e', 'd.f'), value: fc.integer() });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
        let now = WorkflowContext.create();
        const model: Record<string, unknown> = {};
        const history: [WorkflowContext, unknown][] = [];
        for (const { name, value } of writes) {
          now = now.publish({ [name]: value });
          const [root, field] = name.split('.') as [string, string?];
          model[root] = field === undefined ? value : { ...(model[root] as object | undefined), [field]: value };
          history.push([now, structuredClone(model)]);
        }
        for (const [version, expected] of history) expect(version.snapshot().variables).toEqual(expected);
      }),
    );
  });
});

describe('withResult', () => {
  it('gives a task a result, in a version of its own', () => {
    const result = { rows: [1] };
    const after = context.withResult('load', result);
    expect(after.get('task.load')).toBe(result);
    expect(after.get('task.load.result')).toBe(result);
    expect(after.get('task.fetch')).toBe(big);
    expect(context.evaluate('task.load ?? "none"')).toBe('none');
    expect(after.withResult('load', 2).get('task.load')).toBe(2);
    expect(after.get('task.load')).toBe(result);
  });

  it('makes null of undefined: it has completed', () => {
    expect(context.withResult('load', undefined).get('task.load')).toBeNull();
    expect(context.get('task.empty')).toBeNull();
  });

  it.each(['__proto__', 'constructor'])('takes %s for a name like any other', (name) => {
    const after = WorkflowContext.create().withResult(name, { x: 1 });
    expect(Object.entries(after.base.results())).toEqual([[name, { x: 1 }]]);
    expect(Object.keys(after.snapshot().outcomes)).toEqual([name]);
    expect(WorkflowContext.restore(after.snapshot()).snapshot()).toEqual(after.snapshot());
  });
});

describe('get, evaluate, render', () => {
  it.each<[string, unknown]>([
    ['parameters.region', 'eu'],
    ['counter', 1],
    ['vars.counter', 1],
    ['settings.servers[1].name', 'b'],
    ['task.fetch.servers[0].tags[0]', 'x'],
    ['config.level', 7],
    ['keystore.token', 'hidden'],
    ['system.run_id', 'run-1'],
    ['system.workflow', 'demo'],
    ['system.started_at', '1970-01-01T00:00:00.000Z'],
    ['system.attempt', 1],
    ['system.task', null],
  ])('%s', (path, value) => {
    expect(context.get(path)).toEqual(value);
  });

  it('says what there is where a path leads nowhere', () => {
    expect(() => context.get('settings.severs')).toThrow(/servers, meta/);
    expect(() => context.get('nothing')).toThrow(/counter, settings/);
    expect(() => context.get('task.gone')).toThrow(/fetch, empty/);
  });

  it('evaluates with or without delimiters, and renders values of any depth', () => {
    expect(context.evaluate('counter + 1')).toBe(2);
    expect(context.evaluate('<< counter + 1 >>')).toBe(2);
    const template = { list: ['<< counter >>', 'n = << counter >>', { whole: '<< settings >>' }], n: 5 };
    const rendered = context.render(template) as { list: [number, string, { whole: unknown }] };
    expect(rendered).toEqual({ list: [1, 'n = 1', { whole: big }], n: 5 });
    expect(rendered.list[2].whole).toBe(big);
  });

  it.each(['now()', 'random()', 'uuid()', 'sha256("x")'])('%s needs a run', (expression) => {
    expect(() => context.evaluate(expression)).toThrow(
      expect.objectContaining({
        code: 'HEDDLE_EXPRESSION_VALUE',
        message: expect.stringContaining('needs a run; this context was made without ports') as string,
      }) as Error,
    );
  });

  it('asks the ports it was given', () => {
    const ports = {
      now: () => 86_400_000,
      random: () => 0.25,
      uuid: () => 'id',
      sha256: (text: string) => `hash of ${text}`,
      env: { HOME: '/home' },
    };
    const given = WorkflowContext.create({ ports });
    expect([given.evaluate('random()'), given.evaluate('uuid()'), given.evaluate('sha256("x")')]).toEqual([
      0.25,
      'id',
      'hash of x',
    ]);
    expect(given.evaluate('env("HOME")')).toBe('/home');
  });
});

describe('snapshot and restore', () => {
  it('is plain data without the keystore', () => {
    const snapshot = context.snapshot();
    expect(JSON.stringify(snapshot)).not.toContain('hidden');
    expect(snapshot).toEqual({
      version: 1,
      parameters: { region: 'eu' },
      variables: { counter: 1, settings: big },
      outcomes: {
        fetch: { status: 'succeeded', result: big, error: null, attempts: 1, items: null },
        empty: { status: 'succeeded', result: null, error: null, attempts: 1, items: null },
      },
      config: { level: 7 },
      runId: 'run-1',
      workflow: 'demo',
      startedAtMs: 0,
    });
    expect(snapshot.variables['settings']).toBe(big);
  });

  it('is given the keystore and the ports anew', () => {
    const restored = WorkflowContext.restore(context.snapshot(), { keystore: { token: 'new' } });
    expect(restored.get('keystore.token')).toBe('new');
    expect(() => WorkflowContext.restore(context.snapshot()).get('keystore.token')).toThrow('token');
  });

  it('keeps a fork a fork', () => {
    const restored = WorkflowContext.restore(context.fork({ n: 1 }, 4).snapshot());
    expect([restored.index, restored.get('item.n'), restored.get('counter')]).toEqual([4, 1, 1]);
  });

  it('keeps how executions ended, not only what they gave', () => {
    const error = { code: 'HEDDLE_TIMEOUT', message: 'late', task: 'fetch', index: null, attempt: 3 };
    const items = { stats: { total: 2, succeeded: 1, failed: 1, skipped: 0 }, failures: [], groups: [] };
    const base = new ContextVersion(new ContextShape([], ['fetch', 'other']), context.base.constants);
    base.outcomes[0] = new Outcome('timed_out', { partial: true }, error, 3, items);
    const restored = WorkflowContext.restore(
      JSON.parse(JSON.stringify(new WorkflowContext(base, undefined, -1).snapshot())) as ContextSnapshot,
    );
    expect(restored.base.outcomes[0]).toEqual(base.outcomes[0]);
    expect(restored.base.outcomes[0]).toBeInstanceOf(Outcome);
    expect(restored.base.outcomes[0]?.released()).toEqual(new Outcome('timed_out', undefined, error, 3, items));
    expect(restored.base.results()).toEqual({ fetch: { partial: true } });
  });

  it('comes back the same, through JSON too', () => {
    const name = fc.oneof(fc.stringMatching(/^[a-z]{1,6}$/), fc.constantFrom('__proto__', 'constructor', 'toString'));
    const values = fc.dictionary(name, fc.jsonValue(), { maxKeys: 40 });
    const contents: fc.Arbitrary<ContextContents> = fc.record({
      parameters: values,
      variables: values,
      results: values,
      config: values,
      runId: fc.string(),
      workflow: fc.string(),
      startedAtMs: fc.nat(),
    });
    const iteration = fc.option(fc.tuple(fc.jsonValue(), fc.nat()));
    fc.assert(
      fc.property(contents, iteration, (given, forked) => {
        const original = WorkflowContext.create(given);
        const taken = (forked === null ? original : original.fork(...forked)).snapshot();
        // -0 is the one number that JSON does not carry.
        const written = JSON.stringify(taken);
        expect(JSON.stringify(WorkflowContext.restore(taken).snapshot())).toBe(written);
        expect(JSON.stringify(WorkflowContext.restore(JSON.parse(written) as ContextSnapshot).snapshot())).toBe(
          written,
        );
      }),
    );
  });

  it.each([
    [{ version: 2 }, '2'],
    [{}, 'undefined'],
    [null, 'undefined'],
    ['text', 'undefined'],
  ])('refuses %j', (snapshot, found) => {
    expect(() => WorkflowContext.restore(snapshot as unknown as ContextSnapshot)).toThrow(
      expect.objectContaining({
        code: 'HEDDLE_STATE_VERSION',
        message: `expected a context snapshot of version 1, found ${found}`,
      }) as Error,
    );
  });
});

describe('without a language', () => {
  afterAll(installLanguage);

  it('says so', () => {
    WorkflowContext.useLanguage(null as never);
    expect(() => context.evaluate('1')).toThrow(expect.objectContaining({ code: 'HEDDLE_INTERNAL' }) as Error);
  });
});

describe('ContextVersion', () => {
  it('is copied with all values shared', () => {
    const copy = context.base.copy();
    expect(copy.outcomes).not.toBe(context.base.outcomes);
    expect(copy.outcomes[0]).toBe(context.base.outcomes[0]);
    expect([copy.variables, copy.shape, copy.constants]).toEqual([
      context.base.variables,
      context.base.shape,
      context.base.constants,
    ]);
    copy.outcomes[0] = undefined;
    expect(context.base.outcomes[0]?.result).toBe(big);
    expect(copy.results()).toEqual({ empty: null });
  });

  it('starts empty', () => {
    const version = new ContextVersion(new ContextShape(), context.base.constants);
    expect([version.results(), version.variables.toObject(), version.outcomes]).toEqual([{}, {}, []]);
  });
});
