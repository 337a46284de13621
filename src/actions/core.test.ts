import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { callAction, failureOf } from './testing/action-context.ts';

describe('values', () => {
  test.each<[string, Record<string, unknown>, unknown]>([
    ['core.noop', {}, null],
    ['core.echo', { message: 'hello' }, 'hello'],
    ['core.echo', { message: 0 }, 0],
    ['core.echo', {}, null],
    ['core.echo', { message: 1, other: 2 }, { message: 1, other: 2 }],
    ['core.echo', { entry: { a: 1 } }, { entry: { a: 1 } }],
    ['core.set', { a: 1, b: [2] }, { a: 1, b: [2] }],
    ['core.assert', { that: 1 }, null],
  ])('%s %j gives %j at once', (name, input, result) => {
    expect(callAction(name, input)).toEqual(result);
  });
});

describe('core.fail', () => {
  test('fails with its message, code and result', async () => {
    const input = { message: 'no capacity', code: 'MY_CODE', result: { free: 0 }, retryable: false };
    expect(await failureOf(() => callAction('core.fail', input))).toMatchObject(input);
  });

  test('has defaults', async () => {
    expect(await failureOf(() => callAction('core.fail', {}))).toMatchObject({
      message: 'core.fail was called',
      code: 'HEDDLE_ACTION_FAILED',
      result: null,
      retryable: true,
    });
  });
});

describe('core.assert', () => {
  test.each([[false], [null], [0], [''], [[]], [{}]])('%j does not hold', async (that) => {
    expect(await failureOf(() => callAction('core.assert', { that }))).toMatchObject({ code: 'HEDDLE_ASSERTION' });
  });

  test('says what its message says, else what was found', async () => {
    expect(await failureOf(() => callAction('core.assert', { that: 0 }))).toMatchObject({
      message: 'The condition does not hold: found 0 (number).',
    });
    expect(await failureOf(() => callAction('core.assert', { that: 0, message: 'none left' }))).toMatchObject({
      message: 'none left',
    });
  });
});

describe('core.log', () => {
  test.each<[Record<string, unknown>, [string, string, object]]>([
    [{ message: 'hello' }, ['info', 'hello', {}]],
    [{ message: { a: 1 }, level: 'warn', fields: { b: 2 } }, ['warn', '{"a":1}', { b: 2 }]],
    [{ message: 5, level: 'debug' }, ['debug', '5', {}]],
    [{ message: 'x', level: 'error' }, ['error', 'x', {}]],
  ])('%j', (input, expected) => {
    const lines: unknown[] = [];
    const write = (level: string) => (message: string, fields?: object) => void lines.push([level, message, fields]);
    const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
    expect(callAction('core.log', input, { log })).toBeNull();
    expect(lines).toEqual([expected]);
  });
});

describe('core.sleep', () => {
  afterEach(() => vi.restoreAllMocks());

  test.each([[0.001], ['1ms'], [0], ['0s']])('waits for %j', async (duration) => {
    expect(await callAction('core.sleep', { duration })).toBeNull();
  });

  test('ends at once when it is aborted, with the reason, and leaves no listener', async () => {
    const controller = new AbortController();
    const sleeping = failureOf(() => callAction('core.sleep', { duration: '100d' }, { signal: controller.signal }));
    const reason = new Error('cancelled');
    controller.abort(reason);
    expect(await sleeping).toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test.each([
    [
      'soon',
      'HEDDLE_DURATION',
      "input 'duration' must be seconds or text such as 250ms, 5s, 2m, 1h, found 'soon' (string)",
    ],
    [-1, 'HEDDLE_INPUT_INVALID', "input 'duration' must be at least 0, found -1 (number)"],
  ])('refuses %j', async (duration, code, message) => {
    expect(await failureOf(() => callAction('core.sleep', { duration }))).toMatchObject({ code, message });
  });
});
