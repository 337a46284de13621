import { expect, test } from 'vitest';
import { runResult } from '../testing/events.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { formatCost } from './cost-table.ts';

const { err } = fakeTerminal().terminal;

test('a row for each task with items', () => {
  const cost = {
    iterations: 10_000,
    sharedBytes: 1024 * 1024,
    ownedBytesPerItem: 120,
    maxOwnedBytes: 2048,
    forkNs: 12.4,
    renderNs: 1500,
    actionNs: 2_000_000,
    collectNs: 3e9,
  };
  const base = { status: 'succeeded' as const, executions: 1, attempts: 1 };
  expect(formatCost(runResult({ tasks: { fetch: base, check: { ...base, cost } } }), err)).toBe(
    [
      'task   iterations   shared  owned each  owned most  copying instead   fork  render  action  collect',
      'check      10,000  1.0 MiB       120 B     2.0 KiB          9.8 GiB  12 ns  1.5 µs  2.0 ms    3.0 s',
    ].join('\n'),
  );
});

test('nothing to tell', () => {
  expect(formatCost(runResult(), err)).toBe('no task has items: nothing is shared');
});
