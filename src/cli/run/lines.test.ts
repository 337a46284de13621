import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../executor/events.ts';
import { event, runResult, taskCompleted } from '../testing/events.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { formatActive, formatCompleted, formatEnd, formatLog } from './lines.ts';

const { err } = fakeTerminal().terminal;
const ascii = fakeTerminal({ env: { LANG: 'C' } }).terminal.err;
const completed = (rest: Parameters<typeof taskCompleted>[2], nth = 1): string[] =>
  formatCompleted('check', nth, taskCompleted('check', 1, rest), 10, err);
const failure = (message: string) => ({
  code: 'HEDDLE_ACTION_FAILED',
  message,
  task: 'check',
  index: null,
  attempt: 1,
});

describe('a task that completed', () => {
  test('succeeded', () => {
    expect(completed({})).toEqual(['✓ check         12ms']);
    expect(completed({}, 3)).toEqual(['✓ check #3      12ms']);
  });

  test('skipped and cancelled', () => {
    expect(completed({ status: 'skipped' })).toEqual(['↷ check               skipped']);
    expect(completed({ status: 'cancelled', error: failure('cancelled') })).toEqual([
      '⊘ check         12ms  cancelled',
    ]);
  });

  test('failed, after attempts, handled', () => {
    expect(completed({ status: 'failed', error: failure('HTTP 503\nbody'), attempts: 3 })).toEqual([
      '✗ check         12ms  3 attempts · HTTP 503 body',
    ]);
    expect(completed({ status: 'timed_out', error: failure('too slow'), handled: true })).toEqual([
      '⧖ check         12ms  too slow · handled',
    ]);
    expect(completed({ status: 'failed', error: failure('x'.repeat(500)) })[0]?.length).toBe(22 + 160);
  });

  test('items, all well', () => {
    expect(completed({ stats: { total: 1000, succeeded: 1000, failed: 0, skipped: 0 } })).toEqual([
      '✓ check         12ms  1,000 items',
    ]);
  });

  test('items, with failures grouped, the most frequent first', () => {
    expect(
      completed({
        status: 'failed',
        error: failure('not shown: the groups say more'),
        attempts: 1300,
        stats: { total: null, succeeded: 870, failed: 129, skipped: 1 },
        failureGroups: [
          { reason: 'timeout', code: 'HEDDLE_TIMEOUT', count: 3, examples: ['web-1', 7, { id: 1 }] },
          { reason: 'HTTP 503', code: 'HEDDLE_HTTP_STATUS', count: 126, examples: ['a', 'b', 'c', 'd'] },
        ],
      }),
    ).toEqual([
      '✗ check         12ms  1,000 items · 870 succeeded · 129 failed · 1 not started',
      '    126 × HTTP 503  a, b, c, …',
      '      3 × timeout   web-1, 7, {"id":1}',
    ]);
  });

  test('never more than eight groups', () => {
    const failureGroups = Array.from({ length: 12 }, (_, index) => ({
      reason: `r${index}`,
      code: 'X',
      count: 1,
      examples: [],
    }));
    const lines = completed({ failureGroups });
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('    … and 4 other kinds');
  });
});

describe('a task that runs', () => {
  const task = { label: 'check', startedAtMs: 0, attempt: 1 };
  const items = { total: 1000, succeeded: 375, failed: 125, perSecond: 50, readings: [] };

  test('spinner and time', () => {
    expect(formatActive(task, 0, 1234, 10, err)).toBe('⠋ check         1.2s');
    expect(formatActive(task, 1, 65_000, 10, ascii)).toBe('/ check       1m 05s');
    expect(formatActive({ ...task, attempt: 2 }, 0, 12_300, 10, err)).toBe(
      '⠋ check          12s  attempt 2'.replace('   12s', ' 12.0s'),
    );
  });

  test('bar, count, rate, failures, time left', () => {
    expect(formatActive({ ...task, items }, 0, 5000, 10, err)).toBe(
      '⠋ check         5.0s  ━━━━━━━━━━━━──────────── 500/1,000 · 50/s · 125 failed · 10.0s left',
    );
    expect(formatActive({ ...task, items }, 0, 5000, 10, ascii)).toContain('############............ 500/1,000 - 50/s');
  });

  test('without a total there is neither bar nor time left', () => {
    expect(formatActive({ ...task, items: { ...items, total: null } }, 0, 5000, 10, err)).toBe(
      '⠋ check         5.0s  500 · 50/s · 125 failed',
    );
  });

  test('a single failure is red in the bar', () => {
    const color = fakeTerminal({ env: { FORCE_COLOR: '1' } }).terminal.err;
    const bar = formatActive({ ...task, items: { ...items, succeeded: 999, failed: 1 } }, 0, 0, 10, color);
    expect(bar).toContain(color.color.red('━'));
    const none = formatActive(
      { ...task, items: { ...items, total: 0, succeeded: 0, failed: 0, perSecond: 0 } },
      0,
      0,
      10,
      err,
    );
    expect(none).toBe(`⠋ check         0.0s  ${'━'.repeat(24)} 0/0`);
  });
});

describe('a log line', () => {
  const log = (rest: Partial<Extract<RunEvent, { type: 'log' }>>) =>
    formatLog(
      'a',
      event({
        type: 'log',
        task: 'a',
        execution: 1,
        level: 'info',
        message: 'hi',
        index: null,
        fields: {},
        ...rest,
      }) as Extract<RunEvent, { type: 'log' }>,
      err,
    );

  test('says where it is from', () => {
    expect(log({})).toBe('  › a: hi');
    expect(log({ index: 4, level: 'warn', message: 'a\nb', fields: { n: 1, text: 'x y' } })).toBe(
      '  ⚠ a[4]: a b n=1 text=x y',
    );
    expect(log({ level: 'error' })).toBe('  ⚠ a: hi');
  });
});

test('the end', () => {
  expect(formatEnd(runResult(), err)).toBe('✓ demo succeeded in 4.2s · 1 task');
  expect(formatEnd(runResult({ status: 'failed', tasks: {} }), err)).toBe('✗ demo failed in 4.2s · 0 tasks');
  expect(formatEnd(runResult({ status: 'cancelled' }), ascii)).toBe('/ demo cancelled in 4.2s - 1 task');
});
