import { describe, expect, it } from 'vitest';
import { ActionError, HeddleError } from '../errors/index.ts';
import { answerOf, mocksOf, type RecordedCall } from './recorded-mocks.ts';

function call(fields: Partial<RecordedCall>): RecordedCall {
  return { task: 'fetch', execution: 1, index: null, attempt: 1, answer: { result: 'usual' }, ...fields };
}

const odd = { result: 'odd' };

describe('mocksOf', () => {
  it('needs one mock for calls that all got the same answer', () => {
    const calls = [call({}), call({ execution: 2 }), call({ execution: 2, attempt: 2 })];
    expect(mocksOf(calls)).toEqual({ mocks: [{ task: 'fetch', result: 'usual' }], isCut: false });
  });

  it('lets the usual answer come last, and names the calls that got another', () => {
    const calls = [0, 1, 2, 3, 4].map((index) => call({ index, ...(index % 2 === 1 ? { answer: odd } : {}) }));
    expect(mocksOf(calls).mocks).toEqual([
      { task: 'fetch', item: [1, 3], ...odd },
      { task: 'fetch', result: 'usual' },
    ]);
  });

  it('names execution and attempt only where there are several', () => {
    const calls = [call({}), call({ execution: 2, answer: odd }), call({ execution: 3 })];
    expect(mocksOf(calls).mocks[0]).toEqual({ task: 'fetch', execution: 2, ...odd });
    const attempts = [call({ index: 3 }), call({ index: 4, answer: odd }), call({ index: 4, attempt: 2 })];
    expect(mocksOf(attempts).mocks[0]).toEqual({ task: 'fetch', item: 4, attempt: 1, ...odd });
  });

  it('keeps tasks apart, in the order of their first calls', () => {
    const calls = [call({ task: 'b' }), call({ task: 'a' }), call({ task: 'b' })];
    expect(mocksOf(calls).mocks.map((mock) => mock.task)).toEqual(['b', 'a']);
  });

  it('takes a success for the usual answer, and keeps failures first where not all can be kept', () => {
    const failed = { status: 'failed', error: { message: 'no' } };
    const calls = Array.from({ length: 300 }, (_, index) =>
      call({ index, answer: index % 2 === 0 ? failed : { result: index } }),
    );
    const { mocks } = mocksOf([...calls, call({ index: 300, answer: { status: 'timed_out' } })]);
    expect(mocks.slice(0, 2)).toEqual([
      { task: 'fetch', item: expect.arrayContaining([0, 298]), ...failed },
      { task: 'fetch', item: 300, status: 'timed_out' },
    ]);
    expect(mocks.at(-1)).toEqual({ task: 'fetch', result: 1 });
  });

  it('cuts what nobody would read', () => {
    const calls = Array.from({ length: 130 }, (_, index) => call({ index, answer: { result: index } }));
    const { mocks, isCut } = mocksOf(calls);
    expect(isCut).toBe(true);
    expect(mocks).toHaveLength(101);
    expect(mocks[0]).toEqual({ task: 'fetch', item: 1, result: 1 });
    expect(mocks.at(-1)).toEqual({ task: 'fetch', result: 0 });
  });
});

describe('answerOf', () => {
  it.each([
    ['a result', 'succeeded', { a: 1 }, { result: { a: 1 } }],
    ['a timeout', 'timed_out', null, { status: 'timed_out' }],
    ['an error', 'failed', new Error('no'), { status: 'failed', error: { message: 'no' } }],
    [
      'an error with a code',
      'failed',
      new HeddleError('HEDDLE_HTTP_CONNECTION', 'refused'),
      { status: 'failed', error: { message: 'refused', code: 'HEDDLE_HTTP_CONNECTION' } },
    ],
    [
      'an error with a result',
      'failed',
      new ActionError('HTTP 503', { result: { status: 503 }, retryable: false }),
      { status: 'failed', result: { status: 503 }, error: { message: 'HTTP 503', retryable: false } },
    ],
    ['something thrown that is no error', 'failed', 'oops', { status: 'failed', error: { message: 'oops' } }],
  ] as const)('writes %s', (_, status, value, answer) => {
    expect(answerOf(status, value)).toEqual({ answer, isCut: false });
  });

  it('says that a result is cut', () => {
    const { answer, isCut } = answerOf('succeeded', 'x'.repeat(30_000));
    expect(isCut).toBe(true);
    expect(String(answer.result)).toHaveLength(20_000);
  });
});
