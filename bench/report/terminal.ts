import type { Verdict } from '../check.ts';
import type { Unit } from '../harness/comparison.ts';
import { formatEstimate, formatFigure, formatRatio } from '../harness/format.ts';
import type { Figures } from '../harness/rounds.ts';
import { estimate } from '../harness/statistics.ts';
import type { Metric } from '../targets.ts';

/** The figures of a comparison as lines for a terminal: each case, each variant, and how it stands to the limit. */
export function describeFigures(figures: Figures): string {
  const { comparison } = figures;
  const lines = [`${comparison.name}: ${comparison.title} (${comparison.each})`];
  for (const name of comparison.cases) {
    const limit = comparison.variants.find(({ role }) => role === 'limit');
    const limits = limit === undefined ? null : figures.of(limit.name, name);
    for (const variant of comparison.variants) {
      const values = figures.of(variant.name, name);
      if (values === null) continue;
      const figure = formatEstimate(estimate(values), (value) => formatFigure(value, comparison.unit));
      const ratio =
        limits === null || variant.role === 'limit'
          ? ''
          : formatRatio(estimate(values.map((value, round) => value / (limits[round] as number))).median);
      lines.push(`  ${name.padEnd(30)} ${variant.name.padEnd(26)} ${figure.padEnd(40)} ${ratio}`.trimEnd());
    }
  }
  return lines.join('\n');
}

/** How the figure of a metric is written. */
function formatterOf(metric: Metric, unit: Unit): (value: number) => string {
  return metric.kind === 'ratio' ? formatRatio : (value) => formatFigure(value, unit);
}

/** A target as cells: row, measured with its interval, target, met or not. */
export function verdictRow({ target, measured, isMet }: Verdict, all: ReadonlyMap<string, Figures>): string[] {
  const format = formatterOf(target.metric, all.get(target.comparison)?.comparison.unit ?? 'ns');
  const limit = target.atMost === undefined ? `≥ ${format(target.atLeast ?? 0)}` : `≤ ${format(target.atMost)}`;
  return [`${target.row}: ${target.part}`, formatEstimate(measured, format), limit, isMet ? 'met' : 'NOT MET'];
}

/** The table of targets. */
export function describeVerdicts(verdicts: readonly Verdict[], measured: ReadonlyMap<string, Figures>): string {
  const rows = verdicts.map((verdict) => verdictRow(verdict, measured));
  return align([['row', 'measured (95 % interval)', 'target', ''], ...rows]);
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
