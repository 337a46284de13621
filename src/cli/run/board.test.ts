import { describe, expect, test } from 'vitest';
import { event, started, taskCompleted, taskStarted } from '../testing/events.ts';
import { Board } from './board.ts';

function boardOf(...events: Parameters<Board['take']>[0][]): Board {
  const board = new Board(' › ');
  for (const one of events) board.take(one);
  return board;
}
const progressed = (atMs: number, succeeded: number, failed: number, total: number | null = 1000) =>
  event({
    type: 'items.progressed',
    task: 'a',
    execution: 1,
    started: 0,
    stats: { total, succeeded, failed, skipped: 0 },
    atMs,
  });

describe('what runs', () => {
  test('from its start to its end', () => {
    const board = boardOf(started, taskStarted('a', 1), taskStarted('b', 2), taskCompleted('a', 1));
    expect(board.active).toEqual([{ label: 'b', startedAtMs: 0, attempt: 1 }]);
  });

  test('a retry of the task counts, one of an iteration does not', () => {
    const retrying = (index: number | null, attempt: number) =>
      event({
        type: 'task.retrying',
        task: 'a',
        execution: 1,
        index,
        attempt,
        status: 'failed',
        error: null,
        delayMs: 0,
      });
    expect(boardOf(started, taskStarted('a', 1), retrying(null, 2)).active[0]?.attempt).toBe(3);
    expect(boardOf(started, taskStarted('a', 1), retrying(7, 2)).active[0]?.attempt).toBe(1);
  });
});

describe('iterations', () => {
  test('count and rate', () => {
    const board = boardOf(
      started,
      taskStarted('a', 1, { items: 1000 }),
      progressed(1000, 90, 10),
      progressed(2000, 240, 10),
    );
    expect(board.active[0]?.items).toMatchObject({ total: 1000, succeeded: 240, failed: 10, perSecond: 125 });
  });

  test('the rate is that of the last five seconds', () => {
    const board = boardOf(
      started,
      taskStarted('a', 1, { items: null }),
      progressed(1000, 1000, 0),
      progressed(20_000, 1000, 0),
    );
    expect(board.active[0]?.items?.perSecond).toBe(0);
    board.take(progressed(26_000, 1300, 0, 2000));
    expect(board.active[0]?.items).toMatchObject({ perSecond: 50, total: 2000 });
    expect(board.active[0]?.items?.readings.length).toBeLessThan(4);
  });

  test('readings at the same moment give no rate', () => {
    expect(boardOf(started, taskStarted('a', 1, { items: 5 }), progressed(0, 3, 0)).active[0]?.items?.perSecond).toBe(
      0,
    );
  });

  test('progress of a task that has ended is ignored', () => {
    expect(boardOf(started, progressed(0, 1, 0)).active).toEqual([]);
  });
});

describe('notices', () => {
  test('executions of a task are numbered', () => {
    const board = boardOf(started, taskCompleted('a', 1));
    expect(board.take(taskCompleted('a', 2))).toMatchObject({ kind: 'completed', label: 'a', nth: 2 });
    expect(board.executions).toEqual(new Map([['a', 2]]));
  });

  test('logs', () => {
    const board = boardOf(started);
    expect(
      board.take(event({ type: 'log', task: 'a', execution: 1, level: 'info', message: 'm', index: null, fields: {} })),
    ).toMatchObject({
      kind: 'log',
      label: 'a',
    });
  });

  test('events that tell nothing', () => {
    const board = boardOf(started);
    expect(board.take(event({ type: 'run.cancelling', reason: 'x' }))).toBeUndefined();
    expect(board.take(event({ type: 'published', task: 'a', execution: 1, patches: [] }))).toBeUndefined();
    expect(
      board.take(event({ type: 'run.completed', status: 'succeeded', output: {}, errors: [], durationMs: 1 })),
    ).toBeUndefined();
  });
});

describe('sub-workflows', () => {
  const child = {
    ...event({ type: 'run.started', workflow: 'child', parameters: {}, run: 'c' }),
    parent: { run: 'r', task: 'deploy' },
  };
  const grandchild = {
    ...event({ type: 'run.started', workflow: 'g', parameters: {}, run: 'g' }),
    parent: { run: 'c', task: 'build' },
  };

  test('their tasks are named after the task that called', () => {
    const board = boardOf(started, taskStarted('deploy', 1), child, grandchild, taskStarted('pack', 1, { run: 'g' }));
    expect(board.active.map((task) => task.label)).toEqual(['deploy', 'deploy › build › pack']);
  });

  test('those of iterations are not shown', () => {
    const board = boardOf(
      started,
      taskStarted('deploy', 1, { items: 1000 }),
      child,
      grandchild,
      taskStarted('build', 1, { run: 'c' }),
    );
    expect(board.active.map((task) => task.label)).toEqual(['deploy']);
    expect(board.take(taskCompleted('build', 1, { run: 'c' }))).toBeUndefined();
    expect(board.take(taskCompleted('pack', 1, { run: 'g' }))).toBeUndefined();
  });
});
