import { describe, expect, test } from 'vitest';
import type { WaitRequest } from './action.ts';
import { callAction, failureOf } from './testing/action-context.ts';

/** What an action waits for, and what it finds wrong with an answer. */
function waitOf(name: string, input: Record<string, unknown>, answer?: unknown): unknown {
  let asked: unknown;
  callAction(name, input, {
    wait: (request: WaitRequest, problemOf) => {
      asked = answer === undefined ? request : problemOf?.(answer);
      return Promise.resolve(null);
    },
  });
  return asked;
}

describe('actions that wait', () => {
  test.each<[string, Record<string, unknown>, object]>([
    ['approval.request', {}, { kind: 'approval', prompt: '' }],
    [
      'approval.request',
      { prompt: 'Go?', timeout: '1h', default: false },
      { kind: 'approval', prompt: 'Go?', forMs: 3_600_000, default: { value: false } },
    ],
    ['wait.signal', { name: 'go' }, { kind: 'signal', name: 'go' }],
    [
      'wait.signal',
      { name: 'go', timeout: 5, default: null },
      { kind: 'signal', name: 'go', forMs: 5000, default: { value: null } },
    ],
    ['wait.until', { time: '2026-01-01T00:00:00Z' }, { kind: 'time', untilMs: Date.UTC(2026, 0, 1) }],
    ['wait.until', { time: 12 }, { kind: 'time', untilMs: 12 }],
  ])('%s %j', (name, input, request) => {
    expect(waitOf(name, input)).toEqual(request);
  });

  test('an answer is held to the schema', () => {
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] };
    expect(waitOf('approval.request', { schema }, { ok: true })).toBeNull();
    expect(waitOf('approval.request', { schema }, {})).toMatch(/'ok'/);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['approval.request', { timeout: 'soon' }, 'HEDDLE_DURATION'],
    ['approval.request', { schema: { type: 'string' }, default: 5 }, 'HEDDLE_INPUT_INVALID'],
    ['wait.until', { time: 'tomorrow' }, 'HEDDLE_INPUT_INVALID'],
    ['wait.until', { time: '2026-01-01T00:00:00' }, 'HEDDLE_INPUT_INVALID'],
  ])('%s %j is refused', async (name, input, code) => {
    expect(await failureOf(() => callAction(name, input))).toMatchObject({ code });
  });
});
