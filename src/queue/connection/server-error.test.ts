import { describe, expect, test } from 'vitest';
import { HeddleError } from '../../errors/index.ts';
import { jobCode, serverError, troubleOf } from './server-error.ts';

const reply = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });
const sql = (code: string): Error => Object.assign(new Error('no'), { severity: 'ERROR', code });

describe('what a server throws', () => {
  test.for([
    [new Error('Connection is closed.'), 'lost', 'HEDDLE_QUEUE_UNREACHABLE'],
    [Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'lost', 'HEDDLE_QUEUE_UNREACHABLE'],
    [reply('LOADING Redis is loading'), 'lost', 'HEDDLE_QUEUE_UNREACHABLE'],
    [reply("OOM command not allowed when used memory > 'maxmemory'."), 'full', 'HEDDLE_QUEUE_FULL'],
    [reply('ERR Error running script: @user_script:9: -OOM command not allowed'), 'full', 'HEDDLE_QUEUE_FULL'],
    [reply('WRONGPASS invalid'), 'other', 'HEDDLE_QUEUE_DENIED'],
    [reply('NOPERM this user'), 'other', 'HEDDLE_QUEUE_DENIED'],
    [reply('WRONGTYPE Operation'), 'other', 'HEDDLE_QUEUE_IO'],
    [sql('57P01'), 'lost', 'HEDDLE_QUEUE_UNREACHABLE'],
    [sql('53100'), 'full', 'HEDDLE_QUEUE_FULL'],
    [sql('28P01'), 'other', 'HEDDLE_QUEUE_DENIED'],
    [sql('42P01'), 'other', 'HEDDLE_QUEUE_IO'],
    [new TypeError('x is not a function'), 'other', 'HEDDLE_QUEUE_IO'],
    ['text', 'lost', 'HEDDLE_QUEUE_UNREACHABLE'],
  ] as const)('%o is sorted', ([error, trouble, code]) => {
    expect(troubleOf(error)).toBe(trouble);
    expect(serverError(error, 'redis://host')).toMatchObject({ code, cause: error });
    expect(serverError(error, 'redis://host').message).toContain('redis://host');
  });

  test('of ours stays as it is', () => {
    const error = new HeddleError('HEDDLE_CRON', 'no');
    expect(troubleOf(error)).toBe('other');
    expect(serverError(error, 'redis://host')).toBe(error);
  });

  test('of jobs is a number', () => {
    expect(jobCode(Object.assign(new Error('Missing lock'), { code: -2 }))).toBe(-2);
    expect(troubleOf(Object.assign(new Error('Missing lock'), { code: -2 }))).toBe('other');
    for (const error of [new Error('no'), sql('53100'), 'text']) expect(jobCode(error)).toBeNull();
  });
});
