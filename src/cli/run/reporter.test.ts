import { describe, expect, test } from 'vitest';
import type { RunError } from '../../executor/events.ts';
import { event, runResult, started, taskCompleted, taskStarted } from '../testing/events.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { createReporter, type LiveRegion, type ReporterOptions } from './reporter.ts';

function setUp(options: Partial<Omit<ReporterOptions, 'output'>> = {}) {
  const fake = fakeTerminal();
  const reporter = createReporter({
    output: fake.terminal.err,
    tasks: ['fetch', 'check'],
    quiet: false,
    debug: false,
    ...options,
  });
  return { reporter, text: fake.stderr };
}

/** A live region that notes what it was told, and ticks when asked to. */
function fakeRegion(rows = 24) {
  const calls: string[] = [];
  let callback: (() => void) | undefined;
  const live: LiveRegion = {
    update: (text) => void calls.push(text),
    clear: () => void calls.push('clear'),
    close: () => void calls.push('close'),
    tick: (given) => {
      callback = given;
      return () => void calls.push('stop');
    },
    now: () => 1000,
    rows,
  };
  return { live, calls, tick: () => callback?.() };
}

const runError = (rest: Partial<RunError>): RunError => ({
  task: 'check',
  execution: 1,
  index: null,
  key: null,
  code: 'HEDDLE_ACTION_FAILED',
  message: 'broken',
  handled: false,
  ...rest,
});
const log = (level: 'debug' | 'info') =>
  event({ type: 'log', task: 'fetch', execution: 1, level, message: level, index: null, fields: {} });

describe('plain lines', () => {
  test('one per task, then how it ended', () => {
    const { reporter, text } = setUp();
    for (const one of [started, taskStarted('fetch', 1), log('info'), log('debug'), taskCompleted('fetch', 1)])
      reporter.take(one);
    reporter.finish(runResult());
    expect(text()).toBe('  › fetch: info\n✓ fetch       12ms\n✓ demo succeeded in 4.2s · 1 task\n');
  });

  test('debug lines with --debug', () => {
    const { reporter, text } = setUp({ debug: true });
    reporter.take(started);
    reporter.take(log('debug'));
    expect(text()).toBe('  › fetch: debug\n');
  });

  test('quiet: errors and nothing else', () => {
    const { reporter, text } = setUp({ quiet: true });
    for (const one of [started, log('info'), taskCompleted('fetch', 1)]) reporter.take(one);
    reporter.finish(runResult({ status: 'failed', errors: [runError({})] }));
    expect(text()).toBe(
      '\nerror  HEDDLE_ACTION_FAILED  broken\n    in task check\n    See the message and the cause.\n\n',
    );
  });

  test('a task that loops is counted from its tenth line on', () => {
    const { reporter, text } = setUp();
    reporter.take(started);
    for (let execution = 1; execution <= 1200; execution++) reporter.take(taskCompleted('poll', execution));
    reporter.finish(runResult());
    const lines = text().trimEnd().split('\n');
    expect(lines).toHaveLength(13);
    expect(lines[10]).toBe('  … further runs of poll are only counted');
    expect(lines[11]).toBe('  poll ran 1,200 times');
  });
});

describe('errors at the end', () => {
  const finish = (errors: RunError[]): string => {
    const { reporter, text } = setUp({ quiet: true });
    reporter.finish(runResult({ status: 'failed', errors }));
    return text();
  };

  test('handled ones are left out, those of iterations where the task has one', () => {
    const text = finish([
      runError({ message: 'one' }),
      runError({ index: 4, message: 'two' }),
      runError({ handled: true, message: 'three' }),
    ]);
    expect(text).toContain('one');
    expect(text).not.toContain('two');
    expect(text).not.toContain('three');
    expect(finish([runError({ handled: true })])).toBe('');
  });

  test('those of iterations where there is nothing else, and of the run', () => {
    expect(finish([runError({ index: 4 })])).toContain('in task check, item 4');
    expect(finish([runError({ task: null })])).not.toContain(' in ');
  });

  test('no more than ten', () => {
    const text = finish(Array.from({ length: 1500 }, () => runError({})));
    expect(text.match(/^error/gm)).toHaveLength(10);
    expect(text).toContain('… and 1,490 more (--json lists them all)');
  });
});

describe('on a terminal', () => {
  test('running tasks are drawn at every tick, and lines go above them', () => {
    const { live, calls, tick } = fakeRegion();
    const { reporter, text } = setUp({ live });
    tick();
    reporter.take(started);
    reporter.take(taskStarted('fetch', 1));
    tick();
    reporter.take(log('info'));
    reporter.take(taskCompleted('fetch', 1));
    tick();
    expect(calls).toEqual(['⠹ fetch       1.0s', 'clear', '⠹ fetch       1.0s', 'clear']);
    expect(text()).toBe('  › fetch: info\n✓ fetch       12ms\n');
    reporter.finish(runResult());
    tick();
    expect(calls.slice(4)).toEqual(['stop', 'close']);
  });

  test('no more than fit', () => {
    const { live, calls, tick } = fakeRegion(5);
    const { reporter } = setUp({ live });
    reporter.take(started);
    for (let execution = 1; execution <= 5; execution++) reporter.take(taskStarted('fetch', execution));
    tick();
    expect(calls[0]?.split('\n')).toEqual(['⠙ fetch       1.0s', '⠙ fetch       1.0s', '  … and 3 more running']);
  });

  test('an exception gives the terminal back', () => {
    const { live, calls, tick } = fakeRegion();
    const { reporter, text } = setUp({ live });
    reporter.take(started);
    reporter.take(taskStarted('fetch', 1));
    tick();
    reporter.say('note');
    reporter.close();
    expect(calls.slice(-3)).toEqual(['stop', 'clear', 'close']);
    expect(text()).toBe('note\n');
  });

  test('quiet draws nothing', () => {
    const { live, calls, tick } = fakeRegion();
    const { reporter } = setUp({ live, quiet: true });
    reporter.take(started);
    reporter.take(taskStarted('fetch', 1));
    tick();
    expect(calls).toEqual([]);
  });
});
