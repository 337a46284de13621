import { formatFigure } from '../harness/format.ts';
import type { Figures } from '../harness/rounds.ts';
import { median } from '../harness/statistics.ts';
import type { LineChart, Series } from './line-chart.ts';

/** A chart and the file of docs/img/ it is for. */
export interface NamedChart {
  readonly file: string;
  readonly chart: LineChart;
}

type Measured = ReadonlyMap<string, Figures>;

interface Plan {
  readonly file: string;
  readonly title: string;
  readonly xTitle: string;
  readonly scale: LineChart['scale'];
  /** Comparisons with the same cases, and the variants to show. */
  readonly lines: readonly (readonly [comparison: string, variant: string])[];
}

const PLANS: readonly Plan[] = [
  {
    file: 'fork-by-context-size.svg',
    title: 'One fork, by size of the context',
    xTitle: 'size of the context',
    scale: 'log',
    lines: [
      ['fork', 'heddle'],
      ['fork', 'hand-written'],
      ['fork', 'immutable Map.set'],
      ['fork', 'structuredClone'],
    ],
  },
  {
    file: 'item-by-context-size.svg',
    title: 'One item of with-items, by size of the context',
    xTitle: 'size of the context',
    scale: 'log',
    lines: [
      ['with-items', 'heddle'],
      ['with-items', 'hand-written'],
      ['copy-per-item', 'structuredClone per item'],
      ['copy-per-item', 'langgraph Send'],
    ],
  },
  {
    file: 'item-by-count.svg',
    title: 'One item of with-items, by number of items (1 MB of context)',
    xTitle: 'number of items',
    scale: 'log',
    lines: [
      ['with-items-count', 'heddle'],
      ['with-items-count', 'hand-written'],
    ],
  },
  {
    file: 'memory-by-count.svg',
    title: 'Peak memory of the process, by number of items read from a file',
    xTitle: 'number of items',
    scale: 'linear',
    lines: [['file-memory', 'heddle']],
  },
];

/** The charts for which everything has been measured. */
export function chartsOf(measured: Measured): NamedChart[] {
  return PLANS.flatMap((plan) => {
    const first = measured.get(plan.lines[0]?.[0] ?? '');
    if (first === undefined || plan.lines.some(([comparison]) => !measured.has(comparison))) return [];
    const { cases, unit } = first.comparison;
    const series: Series[] = plan.lines.map(([comparison, variant]) => ({
      name: variant,
      values: cases.map((name) => {
        const figures = measured.get(comparison)?.of(variant, name) ?? null;
        return figures === null ? null : median(figures);
      }),
    }));
    const { title, xTitle, scale } = plan;
    const format = (value: number): string => formatFigure(value, unit).replace(/\.0+ /, ' ');
    return [{ file: plan.file, chart: { title, labels: cases, xTitle, series, scale, format } }];
  });
}
