import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import type { Verdict } from '../check.ts';
import { rootDirectory } from '../harness/bundle.ts';
import { formatEstimate, formatFigure, formatRatio } from '../harness/format.ts';
import type { Figures } from '../harness/rounds.ts';
import { estimate } from '../harness/statistics.ts';
import { chartsOf } from './charts.ts';
import { drawLineChart } from './line-chart.ts';
import { describeMachine } from './machine.ts';
import { verdictRow } from './terminal.ts';

type Measured = ReadonlyMap<string, Figures>;

/** Writes docs/performance.md and the charts it shows. */
export async function writeReport(measured: Measured, verdicts: readonly Verdict[], rounds: number): Promise<void> {
  const docs = path.join(rootDirectory, 'docs');
  mkdirSync(path.join(docs, 'img'), { recursive: true });
  const charts = chartsOf(measured);
  for (const { file, chart } of charts) writeFileSync(path.join(docs, 'img', file), drawLineChart(chart));
  const page = `# Performance

<!-- Written by \`npm run bench\`. Do not edit. -->

What heddle costs beside the same work written by hand as a plain loop over the same functions (the limit), and beside what one would
use instead. \`npm run bench\` measures all of this and writes this page; \`npm run bench:check\` compares with the targets and fails
where one is not met.

Every variant runs in a process of its own, ${rounds} rounds, in turns with the others; before timing its result is checked to be that of the
others. A figure is the median over the rounds, in brackets its 95 % interval (order statistics). Ratios are taken round by round.

${tableOf(['', ''], describeMachine())}

${charts.map(({ file, chart }) => `![${chart.title}](img/${file})`).join('\n\n')}

## Targets

${table(verdictsTable(verdicts, measured))}

## Figures

\`node bench/run.mjs --row NAME\` repeats one of them; with \`--update\` it takes the place of what stands here.

${[...measured.values()].map(section).join('\n\n')}
`;
  const file = path.join(docs, 'performance.md');
  writeFileSync(file, await format(page, { parser: 'markdown', printWidth: 120, proseWrap: 'preserve' }));
}

/** What was measured of each target, as rows of {@link table}. */
export function verdictsTable(verdicts: readonly Verdict[], measured: Measured): string[][] {
  return verdicts.map((verdict) => verdictRow(verdict, measured));
}

/** The table of targets, with what it says as a whole. */
export function table(rows: readonly (readonly string[])[]): string {
  const missed = rows.filter((row) => row.at(-1) !== 'met').length;
  const summary = missed === 0 ? 'All targets are met.' : `${missed} of ${rows.length} targets are not met.`;
  return `${summary} A target is missed where the whole interval lies beyond it.

${tableOf(['what', 'measured', 'target', ''], rows)}

For a target that is missed, [what was found and tried](performance-notes.md).`;
}

/** One comparison as a part of the page. */
export function section(figures: Figures): string {
  const { comparison } = figures;
  const { unit, variants, cases } = comparison;
  const limit = variants.find(({ role }) => role === 'limit');
  const rows = cases.flatMap((name) =>
    variants.flatMap((variant) => {
      const values = figures.of(variant.name, name);
      if (values === null) return [];
      const figure = formatEstimate(estimate(values), (value) => formatFigure(value, unit));
      const toLimit =
        variant.role === 'limit' || limit === undefined ? null : over(values, figures.of(limit.name, name));
      const toHeddle = variant.role === 'peer' ? over(values, figures.of('heddle', name)) : null;
      return [[name, variant.name, figure, toLimit ?? '', toHeddle ?? '']];
    }),
  );
  const head = ['case', 'variant', comparison.each, 'to the limit', 'to heddle'];
  const used = head.map((_, column) => column < 3 || rows.some((row) => row[column] !== ''));
  const keep = (row: readonly string[]): string[] => row.filter((_, column) => used[column]);
  return `### ${comparison.title}

${comparison.note}${comparison.note === '' ? '' : ' '}(\`--row ${comparison.name}\`)

${tableOf(keep(head), rows.map(keep))}`;
}

function over(values: readonly number[], others: readonly number[] | null): string | null {
  if (others === null) return null;
  return formatRatio(estimate(values.map((value, round) => value / (others[round] as number))).median);
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
