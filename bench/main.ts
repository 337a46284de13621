/**
 * Measures heddle against the limit and its peers.
 *
 *   npm run bench                          everything; writes docs/performance.md
 *   npm run bench:check                    what the targets need; fails where one is not met
 *   npm run bench:smoke                    a little of everything, to see that it runs
 *   node bench/run.mjs --row fork,chain    some comparisons; with --rounds N, --case NAME, --no-peers; with --update they
 *                                          take the place of what docs/performance.md says of them
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isJudged, judge } from './check.ts';
import { buildCommandLine, bundleSuites, installPeers, missingPeers } from './harness/bundle.ts';
import type { Comparison, Variant } from './harness/comparison.ts';
import { measureComparison, type Figures } from './harness/rounds.ts';
import { writeReport } from './report/page.ts';
import { updateReport } from './report/update.ts';
import { describeFigures, describeVerdicts } from './report/terminal.ts';
import { comparisons } from './suites/index.ts';
import { targets } from './targets.ts';

const NEED_COMMAND_LINE: ReadonlySet<string> = new Set([
  'cold-start',
  'journal-resume',
  'queue-pass',
  'queue-wait',
  'queue-work',
  'queue-bytes',
]);
const FULL_ROUNDS = 15;
const SMOKE_ROUNDS = 2;
const SMOKE_TIME_MS = 10;

function options() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      smoke: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      row: { type: 'string' },
      update: { type: 'boolean', default: false },
      case: { type: 'string' },
      rounds: { type: 'string' },
      time: { type: 'string' },
      peers: { type: 'boolean', default: true },
    },
  });
  const { smoke, check } = values;
  return {
    ...values,
    writes: !check && !smoke && values.row === undefined && values.peers,
    chosen: chosenBy(values.row?.split(','), check),
    rounds: Number(values.rounds ?? (smoke ? SMOKE_ROUNDS : FULL_ROUNDS)),
    takes: (variant: Variant, { name }: Comparison): boolean => {
      if (variant.role !== 'peer') return true;
      return values.peers && !smoke && (!check || isJudged(name, variant.name));
    },
    casesOf: (comparison: Comparison): readonly string[] => {
      if (values.case !== undefined) return comparison.cases.filter((name) => name === values.case);
      return smoke ? [comparison.smokeCase] : comparison.cases;
    },
    timeOf: (comparison: Comparison): number => Number(values.time ?? (smoke ? SMOKE_TIME_MS : comparison.timeMs)),
  };
}

function chosenBy(names: readonly string[] | undefined, isCheck: boolean): readonly Comparison[] {
  const unknown = names?.find((name) => !comparisons.some((comparison) => comparison.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no '${unknown}': ${comparisons.map(({ name }) => name).join(', ')}`);
  }
  if (names !== undefined) return comparisons.filter(({ name }) => names.includes(name));
  if (!isCheck) return comparisons;
  return comparisons.filter(({ name }) => targets.some(({ comparison }) => comparison === name));
}

function measure(comparison: Comparison, bundle: string, given: ReturnType<typeof options>): Promise<Figures> {
  return measureComparison(comparison, {
    bundle,
    rounds: given.rounds,
    timeMs: given.timeOf(comparison),
    warmUpMs: given.smoke ? SMOKE_TIME_MS : comparison.warmUpMs,
    takes: (variant) => given.takes(variant, comparison),
    cases: given.casesOf(comparison),
    onRound: (round) => progress(comparison, round, given.rounds),
  });
}

async function main(): Promise<void> {
  const given = options();
  if (given.list) {
    console.log(comparisons.map(({ name, title }) => `${name.padEnd(22)} ${title}`).join('\n'));
    return;
  }
  const needed = given.chosen.flatMap((comparison) =>
    comparison.variants.flatMap((variant) =>
      variant.needs === null || !given.takes(variant, comparison) ? [] : [variant.needs],
    ),
  );
  if (missingPeers(needed).length > 0) {
    console.log('installing what heddle is compared with (bench/package.json)');
    await installPeers();
  }
  if (given.chosen.some(({ name }) => NEED_COMMAND_LINE.has(name))) await buildCommandLine();
  const bundle = await bundleSuites();
  const measured = new Map<string, Figures>();
  try {
    const queue = [...given.chosen];
    const measureNext = async (): Promise<void> => {
      for (let comparison = queue.shift(); comparison !== undefined; comparison = queue.shift()) {
        const figures = await measure(comparison, bundle, given);
        measured.set(comparison.name, figures);
        console.log(`${describeFigures(figures)}\n`);
      }
    };
    // A smoke test looks at results only, so it need not be alone on the machine.
    await Promise.all(given.smoke ? [measureNext(), measureNext()] : [measureNext()]);
  } finally {
    rmSync(path.dirname(bundle), { recursive: true, force: true });
  }
  if (given.smoke) return;
  const verdicts = judge(targets, measured);
  console.log(describeVerdicts(verdicts, measured));
  if (given.writes) {
    await writeReport(measured, verdicts, given.rounds);
    console.log('\nwrote docs/performance.md');
  }
  if (given.update) {
    await updateReport(measured, verdicts, given.rounds);
    console.log('\nupdated docs/performance.md');
  }
  if (given.check && verdicts.some(({ isMet }) => !isMet)) process.exitCode = 1;
}

function progress(comparison: Comparison, round: number, rounds: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(round === rounds ? '\r\x1b[K' : `\r${comparison.name}: round ${round} of ${rounds}\x1b[K`);
}

try {
  await main();
} catch (error) {
  console.error(`The benchmarks failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
