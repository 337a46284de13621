/**
 * One variant of one case in a process of its own: checks that its result is the expected one, measures, and prints
 * one line of JSON, a {@link ChildReport}.
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { do_not_optimize, measure } from 'mitata';
import { comparisons } from '../suites/index.ts';
import type { MeasuredWork, TimedWork, Work } from './comparison.ts';

/** What a child process found. */
export interface ChildReport {
  /** Of the result, which is the same for every variant of a case. */
  readonly digest: string;
  /** In the unit of the comparison, for one unit of work. */
  readonly figure: number;
}

const NS_PER_MS = 1e6;
/** A timed stretch is about this long: far above the clock's resolution, and garbage collection is part of it. */
const STRETCH_NS = 2 * NS_PER_MS;
/** Of work that takes this long three runs say as much as twelve. */
const SLOW_NS = 50 * NS_PER_MS;

function options() {
  const { values } = parseArgs({
    options: {
      row: { type: 'string' },
      case: { type: 'string' },
      variant: { type: 'string' },
      expect: { type: 'string', default: '' },
      time: { type: 'string', default: '150' },
      'warm-up': { type: 'string', default: '500' },
    },
  });
  const comparison = comparisons.find((each) => each.name === values.row);
  const variant = comparison?.variants.find((each) => each.name === values.variant);
  if (comparison === undefined || variant === undefined) {
    throw new Error(`there is no '${values.row}' / '${values.variant}'`);
  }
  const limits = { timeMs: Number(values.time), warmUpMs: Number(values['warm-up']) };
  return { comparison, variant, name: values.case ?? '', expect: values.expect, limits };
}

function digestOf(result: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(result) ?? 'undefined')
    .digest('hex');
}

function isMeasured(work: Work): work is MeasuredWork {
  return 'measure' in work;
}

/** Nanoseconds of one run: the median of many stretches, each of as many runs as fit. */
async function time(
  work: TimedWork,
  { timeMs, warmUpMs }: { timeMs: number; warmUpMs: number },
  isAsync: boolean,
): Promise<number> {
  const { run, fresh } = work;
  globalThis.gc?.();
  const once = await warmUp(work, warmUpMs);
  const isSlow = once > SLOW_NS;
  const min_samples = isSlow || timeMs < 50 ? 3 : 12;
  // A forced collection before timing would throw away the compiled code whose object shapes happen to be unused just then.
  const until = { gc: false as const, min_cpu_time: timeMs * NS_PER_MS, min_samples, warmup_samples: isSlow ? 0 : 2 };
  if (fresh !== undefined) {
    const { p50 } = await measure(
      function* () {
        yield { 0: fresh, bench: (value: unknown) => run(value) };
      } as unknown as () => unknown,
      { ...until, batch_threshold: 0 },
    );
    return p50;
  }
  const runsPerStretch = Math.min(4096, 4 * Math.ceil(STRETCH_NS / once / 4));
  const isBatched = once * 4 < STRETCH_NS;
  const { p50 } = await measure(
    // What is returned must count as used, or the compiler drops the work; a promise has to reach mitata.
    isAsync ? () => run(undefined) : () => do_not_optimize(run(undefined)),
    { ...until, batch_samples: runsPerStretch, batch_threshold: isBatched ? Infinity : 0, warmup_threshold: Infinity },
  );
  return p50;
}

/** Runs until the code is hot; gives nanoseconds of one run. */
async function warmUp({ run, fresh, warmupRuns = Infinity }: TimedWork, forMs: number): Promise<number> {
  let runs = 0;
  let spentMs = 0;
  while (spentMs < forMs && runs < warmupRuns) {
    const value = fresh?.();
    const startedMs = performance.now();
    const returned = run(value);
    if (returned instanceof Promise) await returned;
    spentMs += performance.now() - startedMs;
    runs++;
  }
  return runs === 0 ? STRETCH_NS : (spentMs * NS_PER_MS) / runs;
}

function check(digest: string, expected: string): void {
  if (expected === '' || digest === expected) return;
  throw new Error('its result is not that of the other variants: the same work must come to the same');
}

async function main(): Promise<ChildReport> {
  const { comparison, variant, name, expect, limits } = options();
  const work = await variant.prepare(name);
  if (isMeasured(work)) {
    const figure = await work.measure();
    const digest = digestOf(work.result?.());
    check(digest, expect);
    return { digest, figure: figure / comparison.per(name) };
  }
  const given = work.run(work.fresh?.());
  const returned = await given;
  const digest = digestOf(work.result === undefined ? returned : work.result(returned));
  check(digest, expect);
  return { digest, figure: (await time(work, limits, given instanceof Promise)) / comparison.per(name) };
}

const report = await main();
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
