import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { examples, runExample } from './example.ts';

/** The same totals, by hand. */
function totals(column: 'country' | 'product'): Map<string, number> {
  const read = (name: string): string => readFileSync(path.join(examples, 'data', name), 'utf8');
  const rates = JSON.parse(read('rates.json')) as Record<string, number>;
  const found = new Map<string, number>();
  for (const line of read('orders.csv').trim().split('\n').slice(1)) {
    const [, , country = '', product = '', , amount, currency = ''] = line.split(',');
    const key = { country, product }[column];
    found.set(key, (found.get(key) ?? 0) + Number(amount) * (rates[currency] ?? Number.NaN));
  }
  return found;
}

describe('dataflow', { timeout: 30_000 }, () => {
  it('joins orders with rates and counts them by country and by product', async () => {
    const { status, output, tasks } = await runExample('dataflow');
    expect(status).toBe('succeeded');
    for (const column of ['country', 'product'] as const) {
      const rows = output[column === 'country' ? 'countries' : 'products'] as Record<string, unknown>[];
      const expected = totals(column);
      expect(rows.map((row) => row[column])).toEqual([...expected].sort((a, b) => b[1] - a[1]).map(([key]) => key));
      for (const row of rows) expect(row['euro']).toBeCloseTo(expected.get(String(row[column])) ?? Number.NaN, 1);
    }
    expect(Object.values(tasks).map((task) => task.executions)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});
