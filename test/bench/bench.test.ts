import { describe, expect, it } from 'vitest';
import { judge, placesOf, variantOf } from '../../bench/check.ts';
import { compare } from '../../bench/harness/comparison.ts';
import { formatFigure } from '../../bench/harness/format.ts';
import { Figures } from '../../bench/harness/rounds.ts';
import { estimate, median } from '../../bench/harness/statistics.ts';
import { drawLineChart } from '../../bench/report/line-chart.ts';
import { comparisons } from '../../bench/suites/index.ts';
import { targets } from '../../bench/targets.ts';

describe('estimates', () => {
  it('takes the middle', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it.each([
    // The tables of order statistics for 95 %: ranks 1 and 6 of 6, 2 and 9 of 10, 4 and 12 of 15, 10 and 21 of 30.
    [6, 1, 6],
    [10, 2, 9],
    [15, 4, 12],
    [30, 10, 21],
    [3, 1, 3],
  ])('of %i values gives the ranks %i to %i', (count, low, high) => {
    const values = Array.from({ length: count }, (_, index) => index + 1).reverse();
    expect(estimate(values)).toMatchObject({ low, high, rounds: count });
  });
});

describe('targets', () => {
  it.each(targets.map((target) => [`${target.row}: ${target.part}`, target] as const))(
    '%s is measured',
    (_, target) => {
      const comparison = comparisons.find(({ name }) => name === target.comparison);
      for (const place of placesOf(target.metric)) {
        const variant = comparison?.variants.find(({ name }) => name === variantOf(place));
        expect(comparison?.cases).toContain(place.case);
        expect(variant?.takes(place.case)).toBe(true);
      }
      expect(target.atMost ?? target.atLeast).toBeGreaterThan(0);
    },
  );

  it('has one name for each comparison', () => {
    expect(new Set(comparisons.map(({ name }) => name)).size).toBe(comparisons.length);
  });
});

describe('judging', () => {
  const comparison = compare<null>({
    name: 'sums',
    title: 'Sums',
    unit: 'ns',
    each: 'a sum',
    cases: { small: null, large: null },
    variants: [
      { name: 'limit', role: 'limit', prepare: () => ({ run: () => 1 }) },
      { name: 'heddle', role: 'heddle', prepare: () => ({ run: () => 1 }) },
    ],
  });
  const figures = new Figures(comparison);
  for (const noise of [1, 2, 1, 3, 1, 1]) {
    figures.add('limit', 'small', 10 * noise);
    figures.add('heddle', 'small', 30 * noise);
    figures.add('heddle', 'large', 30 * noise + 100);
  }
  const all = new Map([['sums', figures]]);
  const base = { row: 'sum', part: '', comparison: 'sums' };
  const ratio = { kind: 'ratio', of: { case: 'small' }, over: { case: 'small', variant: 'limit' } } as const;

  it('pairs the figures of a round, so that noise which slows both is none', () => {
    const [verdict] = judge([{ ...base, metric: ratio, atMost: 3 }], all);
    expect(verdict?.measured).toEqual({ median: 3, low: 3, high: 3, rounds: 6 });
    expect(verdict?.isMet).toBe(true);
  });

  it('fails where the whole interval lies beyond the target', () => {
    const met = (limits: { atMost?: number; atLeast?: number }): boolean | undefined =>
      judge([{ ...base, metric: ratio, ...limits }], all)[0]?.isMet;
    expect(met({ atMost: 2.9 })).toBe(false);
    expect(met({ atLeast: 3.1 })).toBe(false);
    expect(met({ atLeast: 3 })).toBe(true);
    const figure = { kind: 'figure', of: { case: 'small' } } as const;
    expect(judge([{ ...base, metric: figure, atMost: 35 }], all)[0]?.isMet).toBe(true);
    expect(judge([{ ...base, metric: figure, atMost: 29 }], all)[0]?.isMet).toBe(false);
  });

  it('takes slopes and differences', () => {
    const slope = { kind: 'slope', from: { case: 'small' }, to: { case: 'large' }, steps: 50 } as const;
    const difference = { kind: 'difference', of: { case: 'large' }, less: { case: 'small' } } as const;
    const medians = judge(
      [
        { ...base, metric: slope, atMost: 1 },
        { ...base, metric: difference, atMost: 1 },
      ],
      all,
    ).map(({ measured }) => measured.median);
    expect(medians).toEqual([2, 100]);
  });
});

describe('the report', () => {
  it.each([
    [8.214, 'ns', '8.21 ns'],
    [12_345, 'ns', '12.3 µs'],
    [0, 'ns', '0.00 ns'],
    [118_400_000, 'bytes', '118 MB'],
  ] as const)('writes %d %s as %s', (value, unit, text) => {
    expect(formatFigure(value, unit)).toBe(text);
  });

  it('draws a line through the values there are', () => {
    const svg = drawLineChart({
      title: 'A & B',
      labels: ['1', '10', '100'],
      xTitle: 'n',
      series: [{ name: '<a>', values: [1, null, 100] }],
      scale: 'log',
      format: (value) => `${value} ns`,
    });
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(svg.match(/>(\d+ ns)</g)).toEqual(['>1 ns<', '>10 ns<', '>100 ns<']);
    expect(svg).toContain('&lt;a>');
    expect(svg).toContain('aria-label="A &amp; B"');
  });
});
