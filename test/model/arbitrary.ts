import fc from 'fast-check';
import { Graph } from './graph.ts';
import type { ModelTask, ModelTransition, ModelWorkflow, Outcome, Script, StatusTest, When } from './workflow.ts';

/** A workflow, and what its actions do when it runs. */
export interface Scenario {
  readonly workflow: ModelWorkflow;
  readonly script: Script;
}

type Below = readonly [variable: string, bound: number];

/** What is drawn for a transition; numbers become tasks once it is known how many there are. */
interface RawTransition {
  readonly test: StatusTest;
  readonly below: Below | null;
  readonly publish: NonNullable<ModelTransition['publish']>;
  readonly forward: readonly number[];
  readonly back: number | null;
  readonly command: 'fail' | 'noop' | 'continue' | 'retry' | null;
}

interface RawTask {
  readonly next: readonly RawTransition[];
  readonly join: 'all' | number | null;
  readonly needs: readonly number[];
  readonly skipWhen: Below | null;
  readonly retry: number | null;
  readonly outcomes: readonly Outcome[];
}

const MAX_TASKS = 8;
/** Counts the rounds of cycles, so that most of them end before the limit ends them. */
const ROUNDS = 'rounds';

/** A bound that no variable reaches; a plain `false` would be found before the run. */
const NEVER = 1000;

/** Null, or once in `outOf` times the value. */
function sometimes<T>(arbitrary: fc.Arbitrary<T>, outOf: number): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: outOf - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
}

const variable = fc.constantFrom('x', 'y');
const below: fc.Arbitrary<Below> = fc.tuple(variable, fc.integer({ min: 1, max: 3 }));
const position = fc.nat(MAX_TASKS - 1);

const change = fc.oneof(
  { weight: 3, arbitrary: variable.map((name) => ({ increment: name })) },
  { weight: 1, arbitrary: fc.nat(3).map((value) => ({ const: value })) },
);

const test = fc.oneof(
  { weight: 5, arbitrary: fc.constant<StatusTest>('always') },
  { weight: 7, arbitrary: fc.constant<StatusTest>('succeeded') },
  { weight: 4, arbitrary: fc.constant<StatusTest>('failed') },
  { weight: 2, arbitrary: fc.constantFrom<StatusTest>('completed', 'skipped', 'timed_out') },
);

const transition: fc.Arbitrary<RawTransition> = fc.record({
  test,
  below: sometimes(below, 6),
  publish: fc.array(fc.tuple(variable, change), { maxLength: 2 }),
  forward: fc.array(position, { maxLength: 3, size: 'max' }),
  back: sometimes(position, 5),
  command: sometimes(fc.constantFrom('noop', 'continue', 'noop', 'retry', 'noop', 'fail'), 6),
});

const outcome = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Outcome>('succeeded') },
  { weight: 1, arbitrary: fc.constant<Outcome>('failed') },
);

const task: fc.Arbitrary<RawTask> = fc.record({
  next: fc.array(transition, { maxLength: 3, size: 'max' }),
  join: sometimes(fc.oneof(fc.constant<'all'>('all'), fc.integer({ min: 1, max: 3 })), 2),
  needs: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(position, { maxLength: 3 }) },
  ),
  skipWhen: sometimes(fc.oneof(below, fc.constant<Below>(['x', NEVER])), 10),
  retry: sometimes(fc.integer({ min: 1, max: 2 }), 6),
  outcomes: fc.array(outcome, { maxLength: 5 }),
});

/** Scenarios of one to eight tasks that a check before the run lets through. Shrinks to fewer and barer tasks. */
export const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    order: fc.oneof(
      { weight: 6, arbitrary: fc.constant<'graph'>('graph') },
      { weight: 1, arbitrary: fc.constant<'sequence'>('sequence') },
    ),
    tasks: fc.oneof(
      { withCrossShrink: true },
      { weight: 1, arbitrary: fc.array(task, { minLength: 1, maxLength: 3 }) },
      { weight: 3, arbitrary: fc.array(task, { minLength: 4, maxLength: MAX_TASKS, size: 'max' }) },
    ),
    limit: fc.oneof(
      { weight: 3, arbitrary: fc.constant(200) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) },
    ),
  })
  .map(({ order, tasks, limit }) => ({
    workflow: {
      order,
      limit,
      variables: { x: 0, y: 0, [ROUNDS]: 0 },
      tasks: order === 'graph' ? inGraph(tasks) : tasks.map((raw, index) => bare(raw, index, () => [])),
    },
    script: Object.fromEntries(tasks.map(({ outcomes }, index) => [nameOf(index), outcomes])),
  }));

function nameOf(index: number): string {
  return `t${index + 1}`;
}

/**
 * Edges lead forward in the file or, on purpose, back; so every task can be reached. `needs` name earlier tasks, no
 * transition leads to a task that has them, and where they would be on a cycle nothing leads back.
 */
function inGraph(raws: readonly RawTask[]): readonly ModelTask[] {
  const needs = raws.map((raw, index) => (index === 0 ? [] : [...new Set(raw.needs.map((draw) => draw % index))]));
  const free = raws.map((_, index) => index).filter((index) => needs[index]?.length === 0);
  const connect = (mayGoBack: boolean): readonly ModelTask[] =>
    raws.map((raw, index) => {
      const built = bare(raw, index, ({ forward, back }) => {
        const ahead = free.filter((other) => other > index);
        const behind = free.filter((other) => other <= index);
        return [...pick(ahead, forward), ...pick(behind, back === null || !mayGoBack ? [] : [back])];
      });
      const named = needs[index]?.map(nameOf) ?? [];
      return named.length === 0 ? built : { ...built, needs: named };
    });
  const loose = connect(true);
  const graph = new Graph(loose);
  const circular = loose.some((needy) => needy.needs?.some((name) => graph.after(needy).has(graph.task(name))));
  const tasks = circular ? connect(false) : loose;
  return tasks.map((built, index) => {
    const draw = raws[index]?.join ?? null;
    const naming = tasks.map((source) => source.next.some(({ do: names }) => names.includes(built.name)));
    const before = naming.slice(0, index).filter(Boolean).length;
    if (draw === null || before === 0) return built;
    // A barrier that waited for somebody behind it could never open: such a one asks for those before it only.
    const waitsForLater = naming.slice(index).includes(true);
    return { ...built, join: typeof draw === 'number' ? Math.min(draw, before) : waitsForLater ? before : draw };
  });
}

function pick(from: readonly number[], draws: readonly number[]): readonly string[] {
  if (from.length === 0) return [];
  return [...new Set(draws.map((draw) => nameOf(from[draw % from.length] ?? 0)))];
}

/** A task without `join` and `needs`, given where its transitions lead. */
function bare(raw: RawTask, index: number, targets: (raw: RawTransition) => readonly string[]): ModelTask {
  const next: ModelTransition[] = [];
  for (const rawTransition of raw.next) {
    const { test: status, publish, command } = rawTransition;
    if (command === 'retry') {
      const mayRetry = raw.retry === null && !next.some(({ do: names }) => names.includes('retry'));
      if (mayRetry) next.push({ when: 'failed', do: ['retry'] });
      continue;
    }
    const names = targets(rawTransition);
    const goesBack = names.some((name) => Number(name.slice(1)) <= index + 1) && status !== 'failed';
    const counted: NonNullable<ModelTransition['publish']> = [
      ...(goesBack ? [[ROUNDS, { increment: ROUNDS }] as const] : []),
      ...publish,
    ];
    const limit: Below | null = goesBack ? [ROUNDS, 3] : rawTransition.below;
    const all = command === null ? names : [...names, command];
    if (all.length > 0 || counted.length > 0)
      next.push({ when: conditionOf(status, limit), publish: counted, do: all });
  }
  return {
    name: nameOf(index),
    next,
    ...(raw.skipWhen === null ? {} : { skipWhen: raw.skipWhen }),
    ...(raw.retry === null ? {} : { retry: raw.retry }),
  };
}

function conditionOf(status: StatusTest, limit: Below | null): When {
  if (limit === null) return status;
  return [status === 'succeeded' ? 'succeeded-and-below' : 'counter-below', ...limit];
}
