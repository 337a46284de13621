import type { Unit } from './comparison.ts';
import type { Estimate } from './statistics.ts';

const SCALES: Readonly<Record<Unit, readonly (readonly [number, string])[]>> = {
  ns: [
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'µs'],
    [1, 'ns'],
  ],
  bytes: [
    [1e6, 'MB'],
    [1e3, 'KB'],
    [1, 'B'],
  ],
};

/** Three significant digits and a unit: `12.3 ns`, `1.20 ms`. */
export function formatFigure(value: number, unit: Unit): string {
  const scales = SCALES[unit];
  const [size, name] = scales.find(([each]) => Math.abs(value) >= each) ?? [1, unit === 'ns' ? 'ns' : 'B'];
  return `${digits(value / size)} ${name}`;
}

/** `2.34 ×` */
export function formatRatio(value: number): string {
  return `${digits(value)} ×`;
}

/** The figure with its interval in brackets. */
export function formatEstimate({ median, low, high }: Estimate, format: (value: number) => string): string {
  return `${format(median)} (${format(low)} to ${format(high)})`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
