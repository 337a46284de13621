import { describe, expect, test } from 'vitest';
import type { RunEntry } from '../../executor/entries.ts';
import type { ExecutionHistory, RunHistory } from '../../history/index.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { widthOf } from '../text/width.ts';
import { adviceFor } from './advice.ts';
import { formatBar } from './bars.ts';
import { EntryLines } from './events.ts';
import { formatItems } from './items.ts';
import { formatRuns, type ListedRun } from './list.ts';
import { formatRun } from './show.ts';
import { shownStatus } from './status.ts';

const { out } = fakeTerminal().terminal;
const START_MS = new Date(2026, 10, 21, 14, 3, 22).getTime();

function execution(task: string, more: Partial<ExecutionHistory> = {}): ExecutionHistory {
  return {
    execution: 1,
    task,
    status: 'succeeded',
    startedAtMs: START_MS,
    endedAtMs: START_MS + 100,
    attempts: 1,
    error: null,
    result: null,
    items: null,
    ...more,
  };
}

function history(more: Partial<RunHistory> = {}): RunHistory {
  return {
    id: 'run-1',
    workflow: 'deploy',
    status: 'succeeded',
    isActive: false,
    isQueued: false,
    createdAtMs: START_MS,
    startedAtMs: START_MS,
    endedAtMs: START_MS + 1000,
    recordedAtMs: START_MS + 1000,
    parameters: {},
    parent: null,
    fork: null,
    resumes: 0,
    executions: [],
    waits: [],
    output: {},
    errors: [],
    entries: 1,
    ...more,
  };
}

function listed(id: string, more: Partial<ListedRun> = {}): ListedRun {
  const status = more.status ?? 'succeeded';
  return {
    id,
    workflow: 'deploy',
    definitionHash: '',
    piece: false,
    status,
    createdAtMs: START_MS,
    startedAtMs: START_MS,
    endedAtMs: START_MS + 2000,
    parent: null,
    fork: null,
    labels: {},
    summary: null,
    isActive: false,
    shownStatus: shownStatus(status, false),
    ...more,
  };
}

describe('the list', () => {
  const runs = [
    listed('aaaaaaaa-1111', { workflow: 'a-workflow-of-a-very-long-name-that-nobody-would-type' }),
    listed('aaaaaaaa-2222', { status: 'failed', summary: { error: { message: 'the host\ndoes not answer' } } }),
    listed('bbbbbbbb-3333', { status: 'running', endedAtMs: null }),
  ];

  test('has ids that tell runs apart, and why a run failed', () => {
    const lines = formatRuns(runs, out, START_MS);
    expect(lines.map((line) => line.split(/\s+/)[1])).toEqual(['run', 'aaaaaaaa-1', 'aaaaaaaa-2', 'bbbbbbbb']);
    expect(lines[2]).toContain('the host does not answer');
    expect(lines[3]).toMatch(/^⚠ bbbbbbbb +deploy +interrupted +2026-11-21 14:03:22$/);
  });

  test.each([60, 80, 100, 140])('is no wider than a terminal of %d columns', (columns) => {
    const { terminal } = fakeTerminal({ tty: true, columns, env: { NO_COLOR: '1' } });
    for (const line of formatRuns(runs, terminal.out, START_MS)) expect(widthOf(line)).toBeLessThanOrEqual(columns);
  });

  test('says what a run is a fork of, or who called it', () => {
    const fork = listed('cccccccc', { fork: { run: 'aaaaaaaa-1111', task: 'build' } });
    const child = listed('dddddddd', { parent: { run: 'aaaaaaaa-1111', task: 'call' } });
    const lines = formatRuns([fork, child], out, START_MS);
    expect(lines[1]).toContain('fork of aaaaaaaa at build');
    expect(lines[2]).toContain('called by aaaaaaaa call');
  });
});

describe('a bar', () => {
  const whole = { fromMs: 0, toMs: 2400 };

  test.each([
    [{ fromMs: 0, toMs: 2400 }, '━'.repeat(24)],
    [{ fromMs: 600, toMs: 1200 }, `${'─'.repeat(6)}${'━'.repeat(6)}${'─'.repeat(12)}`],
    // What took no time is still to be seen, at the end too.
    [{ fromMs: 1200, toMs: 1200 }, `${'─'.repeat(12)}━${'─'.repeat(11)}`],
    [{ fromMs: 2400, toMs: 2400 }, `${'─'.repeat(23)}━`],
  ])('of %j', (span, bar) => {
    expect(formatBar(span, whole, out)).toBe(bar);
  });

  test('of a run that took no time at all', () => {
    expect(formatBar({ fromMs: 5, toMs: 5 }, { fromMs: 5, toMs: 5 }, out)).toBe(`━${'─'.repeat(23)}`);
  });
});

describe('a run', () => {
  test('numbers the executions of a task, and hides most of a long loop', () => {
    const executions = Array.from({ length: 103 }, (_, at) => execution('poll', { execution: at + 1 }));
    const lines = formatRun(history({ executions }), out, START_MS);
    expect(lines).toContain('… 3 executions before');
    expect(lines.filter((line) => line.includes('poll'))).toHaveLength(100);
    expect(lines.at(-1)).toContain('poll #103');
  });

  test('tells errors that nothing handled, those of tasks before those of iterations', () => {
    const error = { execution: 1, key: null, handled: false, code: 'X' };
    const errors = [
      { ...error, task: 'check', index: 3, message: 'an item' },
      { ...error, task: 'check', index: null, message: 'too many\nof them' },
      { ...error, task: 'other', index: null, message: 'handled', handled: true },
    ];
    const text = formatRun(history({ status: 'failed', errors }), out, START_MS).join('\n');
    expect(text).toContain('✗ check: too many X\n    of them');
    expect(text).not.toContain('an item');
    expect(text).not.toContain('handled');
  });

  test('shows only the beginning of a long output', () => {
    const output = { list: Array.from({ length: 100 }, (_, at) => at) };
    const lines = formatRun(history({ output }), out, START_MS);
    expect(lines.at(-1)).toContain('61 lines more');
  });

  test('that was forked, called and resumed says so', () => {
    const fork = { run: 'run-0', task: 'deploy', item: 'web-1' };
    const text = formatRun(history({ fork, parent: { run: 'run-9', task: 'call' }, resumes: 2 }), out, START_MS).join(
      '\n',
    );
    expect(text).toContain('fork of run-0 at deploy, item web-1');
    expect(text).toContain('called by task call of run-9');
    expect(text).toContain('resumed 2 times');
  });

  test('that was interrupted shows how far its record goes', () => {
    const executions = [execution('check', { status: 'running', endedAtMs: null })];
    const open = history({ status: 'running', endedAtMs: null, recordedAtMs: START_MS + 2500, executions });
    const lines = formatRun(open, out, START_MS + 60_000);
    expect(lines[0]).toContain('interrupted after 2.5s');
    expect(lines.find((line) => line.includes('check'))).toContain('2.5s');
  });

  test('that waits shows what for until now, and who can answer', () => {
    const wait = { execution: 1, index: 4, key: "it's", task: 'ask', sinceMs: START_MS } as const;
    const waits = [
      { ...wait, kind: 'approval' as const, prompt: 'ok?', untilMs: START_MS },
      { ...wait, kind: 'signal' as const, name: 'go on', index: null },
      { ...wait, kind: 'time' as const, index: null },
    ];
    const open = history({ status: 'waiting', endedAtMs: null, waits });
    const text = formatRun(open, out, START_MS + 5000).join('\n');
    expect(text).toContain('waiting for 5.0s');
    expect(text).toContain("⧖ ask[it's] waits for an approval: ok? · until 2026-11-21 14:03:22");
    expect(text).toContain("⧖ ask waits for signal 'go on'");
    expect(text).toContain('⧖ ask waits for its time');
    expect(adviceFor(open, out).map((line) => line.split('  ')[0])).toEqual([
      "heddle approve run-1 ask --item 'it'\\''s'",
      "heddle signal run-1 'go on' --data …",
    ]);
  });

  test.each([
    [{ status: 'running' as const, endedAtMs: null }, ['heddle resume run-1']],
    [{ status: 'running' as const, endedAtMs: null, isActive: true }, []],
    [{ status: 'blocked' as const, endedAtMs: null }, ['heddle resume run-1 --secrets FILE']],
    [{ status: 'failed' as const }, ['heddle resume run-1 --failed']],
    [{ status: 'succeeded' as const }, []],
  ])('%j: what can be done', (more, commands) => {
    expect(adviceFor(history(more), out).map((line) => line.split('  ')[0])).toEqual(commands);
  });
});

describe('items', () => {
  const items = { stats: { total: 60, succeeded: 59, failed: 1, skipped: 0 }, started: 60, failureGroups: [] };
  const page = {
    execution: execution('check', { items }),
    list: [{ index: 50, status: 'succeeded' as const, attempts: 1 }],
  };

  test('that were not kept, and what is on other pages', () => {
    const lines = formatItems(page, 2, out);
    expect(lines[0]).toContain('60 items · 59 succeeded · 1 failed');
    expect(lines).toContain('✓ 50  succeeded  (result not kept)');
    expect(lines.at(-1)).toBe('page 2 of 2');
    expect(formatItems(page, 1, out).at(-1)).toBe('page 1 of 2; the next: --page 2');
    expect(formatItems({ ...page, list: [] }, 9, out).at(-1)).toBe('no item on page 9 of 2');
  });
});

describe('entries', () => {
  const rows: readonly (readonly [RunEntry, string])[] = [
    [{ type: 'begun', version: 1, atMs: START_MS, variables: { a: 1 } }, 'begun       {"a":1}'],
    [
      { type: 'started', execution: 2, task: 'check', atMs: START_MS, dueAtMs: START_MS },
      'started     check#2  delayed until 14:03:22.000',
    ],
    [{ type: 'source', execution: 2, total: 3 }, 'source      check#2  3 items'],
    [{ type: 'elements', execution: 2, from: 0, elements: [1, 2] }, 'elements    check#2  0–1'],
    [{ type: 'items', execution: 2, from: 0, count: 2 }, 'items       check#2  0–1 succeeded'],
    [{ type: 'items', execution: 2, from: 0, count: 2, indexes: [0, 4] }, 'items       check#2  2 items succeeded'],
    [{ type: 'running', execution: 2, indexes: [3, 5], atMs: START_MS }, 'running     check#2  2 items in flight'],
    [{ type: 'position', execution: 2, index: 3, place: {} }, 'position    check#2  item 3'],
    [
      { type: 'retrying', execution: 2, index: 3, attempt: 1, dueAtMs: START_MS },
      'retrying    check[3]#2  attempt 2 at 14:03:22.000',
    ],
    [
      {
        type: 'waiting',
        execution: 2,
        task: 'check',
        index: -1,
        key: null,
        wait: { kind: 'signal', name: 'go' },
        atMs: START_MS,
      },
      'waiting     check#2  signal  go',
    ],
    [{ type: 'answered', execution: 2, index: -1, data: true }, 'answered    check#2  true'],
    [{ type: 'signalled', number: 1, name: 'go', data: [1] }, 'signalled   go  [1]'],
    [{ type: 'cancelling', reason: 'Ctrl-C' }, 'cancelling  Ctrl-C'],
    [{ type: 'rerun', selection: { from: ['a', 'b'] }, atMs: START_MS }, 'rerun       from a, b'],
    [{ type: 'rerun', selection: { failed: true }, atMs: START_MS }, 'rerun       what failed'],
    [{ type: 'changed', path: ['vars', 'region'], value: 'eu' }, 'changed     vars.region = eu'],
    [{ type: 'resumed', atMs: START_MS }, 'resumed'],
  ];

  test.each(rows)('%j', (entry, line) => {
    const lines = new EntryLines(out);
    lines.line(1, { type: 'started', execution: 2, task: 'check', atMs: START_MS });
    expect(lines.line(7, entry)).toBe(`14:03:22.000      7  ${line}`);
  });
});
