/** How a figure of a target is made of what was measured, round by round. */
export type Metric =
  /** The figure itself. */
  | { readonly kind: 'figure'; readonly of: Place }
  /** One figure over another of the same comparison. */
  | { readonly kind: 'ratio'; readonly of: Place; readonly over: Place }
  /** What one more step costs: the difference of two figures over the difference of their sizes. */
  | { readonly kind: 'slope'; readonly from: Place; readonly to: Place; readonly steps: number }
  /** One figure less another. */
  | { readonly kind: 'difference'; readonly of: Place; readonly less: Place };

/** A variant in a case of a comparison. `heddle` unless another is named. */
export interface Place {
  readonly case: string;
  readonly variant?: string;
}

/** One figure that must be reached. */
export interface Target {
  /** The row of the table of costs. */
  readonly row: string;
  /** What of the row it is. */
  readonly part: string;
  readonly comparison: string;
  readonly metric: Metric;
  /** In nanoseconds, bytes or, for a ratio, times. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

const US = 1e3;
const MS = 1e6;
const MB = 1e6;

/** The peer of work on several machines. */
const FLOW = 'a job of BullMQ for each item';

const figure = (name: string): Metric => ({ kind: 'figure', of: { case: name } });
const over = (name: string, variant: string): Metric => ({
  kind: 'ratio',
  of: { case: name },
  over: { case: name, variant },
});
const timesFaster = (name: string, variant: string): Metric => ({
  kind: 'ratio',
  of: { case: name, variant },
  over: { case: name },
});
const against = (name: string, base: string): Metric => ({
  kind: 'ratio',
  of: { case: name },
  over: { case: base },
});

const SIZES = ['100 KB', '1 MB', '5 MB'];

const flat = (row: string, comparison: string): Target[] =>
  SIZES.map((size) => ({
    row,
    part: `${size} over empty`,
    comparison,
    metric: against(size, 'empty'),
    atMost: 1.25,
  }));

const chain = (row: string, comparison: string): Target[] => [
  ...[1, 3, 10, 100].map((count) => ({
    row,
    part: `n = ${count}`,
    comparison,
    metric: figure(String(count)),
    atMost: 1.2 * US + 100 * count,
  })),
  {
    row,
    part: 'a further task (@cnstra/core 2.6: about 110 ns)',
    comparison,
    metric: { kind: 'slope', from: { case: '1' }, to: { case: '100' }, steps: 99 },
    atMost: 110,
  },
];

/** The table of costs (DESIGN 9). */
export const targets: readonly Target[] = [
  ...['empty', ...SIZES].map((size) => ({
    row: 'fork',
    part: size,
    comparison: 'fork',
    metric: figure(size),
    atMost: 20,
  })),
  ...flat('fork', 'fork'),

  ...['empty', ...SIZES].map((size) => ({
    row: 'with-items, sync',
    part: `over hand-written, ${size}`,
    comparison: 'with-items',
    metric: over(size, 'hand-written'),
    atMost: 3,
  })),
  ...flat('with-items, sync', 'with-items'),
  {
    row: 'with-items, sync',
    part: 'an iteration, 1 MB',
    comparison: 'with-items',
    metric: figure('1 MB'),
    atMost: 211,
  },
  {
    row: 'with-items, whole items',
    part: 'over hand-written, freezing on',
    comparison: 'with-items-objects',
    metric: over('freezing on', 'hand-written'),
    atMost: 3,
  },
  {
    row: 'with-items, whole items',
    part: 'the pass that freezes, 1 MB',
    comparison: 'freeze',
    metric: {
      kind: 'difference',
      of: { case: '1 MB' },
      less: { case: '1 MB', variant: 'heddle, not freezing' },
    },
    atMost: 15 * MS,
  },
  ...['resolves at once', 'waits a turn of the event loop'].map((name) => ({
    row: 'with-items, async',
    part: `over hand-written pool, ${name}`,
    comparison: 'with-items-async',
    metric: over(name, 'hand-written pool'),
    atMost: 1.3,
  })),

  {
    row: 'render',
    part: 'over a template literal',
    comparison: 'render',
    metric: over('1 MB', 'template literal'),
    atMost: 1.5,
  },
  {
    row: 'render',
    part: 'times faster than Handlebars',
    comparison: 'render',
    metric: timesFaster('1 MB', 'Handlebars'),
    atLeast: 5,
  },

  ...chain('chain, sequence', 'chain'),
  ...chain('chain, transitions', 'chain-graph'),
  ...['3', '10', '100'].map((count) => ({
    row: 'chain, transitions',
    part: `times faster than langgraph, n = ${count}`,
    comparison: 'chain-graph',
    metric: timesFaster(count, 'langgraph'),
    atLeast: 1000,
  })),

  { row: 'publish', part: 'top level, among 10', comparison: 'publish', metric: figure('among 10'), atMost: 0.5 * US },
  {
    row: 'publish',
    part: 'top level, among 1,000',
    comparison: 'publish',
    metric: figure('among 1,000'),
    atMost: 1 * US,
  },
  ...['nested, among 10', 'nested, among 1,000'].map((name) => ({
    row: 'publish',
    part: name,
    comparison: 'publish',
    metric: figure(name),
    atMost: 5 * US,
  })),

  { row: 'fan-out and join', part: '50 tasks', comparison: 'fan-out', metric: figure('50'), atMost: 10 * US },

  { row: 'load, validate, plan', part: '100 tasks', comparison: 'load', metric: figure('100 tasks'), atMost: 10 * MS },

  {
    row: 'items from a file',
    part: 'peak RSS, 1,000,000',
    comparison: 'file-memory',
    metric: figure('1,000,000'),
    atMost: 120 * MB,
  },
  {
    row: 'items from a file',
    part: 'peak RSS, 1,000,000 over 100,000',
    comparison: 'file-memory',
    metric: against('1,000,000', '100,000'),
    atMost: 1.2,
  },

  {
    row: 'journal, 3 tasks',
    part: 'memory, over a run without one',
    comparison: 'journal-run',
    metric: {
      kind: 'difference',
      of: { case: '3 tasks', variant: 'heddle, memory' },
      less: { case: '3 tasks', variant: 'no journal' },
    },
    atMost: 3 * US,
  },
  {
    row: 'journal, 3 tasks',
    part: 'SQLite batched, over a run without one',
    comparison: 'journal-run',
    metric: {
      kind: 'difference',
      of: { case: '3 tasks', variant: 'heddle, SQLite batched' },
      less: { case: '3 tasks', variant: 'no journal' },
    },
    atMost: 60 * US,
  },
  {
    row: 'journal',
    part: '10,000 iterations of 100 µs, batched, over no journal',
    comparison: 'journal-items',
    metric: {
      kind: 'ratio',
      of: { case: '10,000', variant: 'heddle, SQLite batched' },
      over: { case: '10,000', variant: 'no journal' },
    },
    atMost: 1.25,
  },
  {
    row: 'journal',
    part: 'resume of 100,000 completed iterations',
    comparison: 'journal-resume',
    metric: { kind: 'figure', of: { case: '100,000', variant: 'heddle, SQLite batched' } },
    atMost: 1000 * MS,
  },

  { row: 'a run at rest', part: 'heap', comparison: 'at-rest', metric: figure('10,000 runs'), atMost: 1024 },

  ...(['heddle run', 'heddle validate'] as const).map((variant) => ({
    row: 'cold start',
    part: `${variant} over node -e 0`,
    comparison: 'cold-start',
    metric: {
      kind: 'ratio',
      of: { case: 'as installed', variant },
      over: { case: 'as installed', variant: 'node -e 0' },
    } as const,
    atMost: variant === 'heddle run' ? 2 : 2.5,
  })),

  // Where the design says "do not grow": a tenth of a byte an execution is noise, not growth.
  {
    row: 'a million executions',
    part: 'growth of the heap',
    comparison: 'loop-heap',
    metric: figure('900,000 executions'),
    atMost: 90_000,
  },
  ...['items', 'loop'].map((name) => ({
    row: 'a million executions',
    part: `longest stretch without a turn, ${name}`,
    comparison: 'fairness',
    metric: figure(name),
    atMost: 10 * MS,
  })),

  // What work on several machines must cost.
  ...['into the server', 'out of the server'].map((name) => ({
    row: 'queue: bytes over the least',
    part: name,
    comparison: 'queue-bytes',
    metric: over(name, 'the least'),
    atMost: 1.3,
  })),
  {
    row: 'queue: times faster than a job of BullMQ for each item',
    part: 'an action that does nothing',
    comparison: 'queue-pass',
    metric: timesFaster('Redis', FLOW),
    atLeast: 8,
  },
  {
    row: 'queue: times faster than a job of BullMQ for each item',
    part: 'an action that waits for 20 ms',
    comparison: 'queue-wait',
    metric: timesFaster('Redis', FLOW),
    atLeast: 0.95,
  },
  {
    row: 'queue: two workers over one',
    part: 'an action that works for 1 ms',
    comparison: 'queue-work',
    metric: { kind: 'ratio', of: { case: 'Redis, one worker' }, over: { case: 'Redis, two workers' } },
    atLeast: 1.8,
  },
];
