import { describe, expect, test } from 'vitest';
import { HeddleError } from '../../errors/index.ts';
import { libraryMissing } from '../server-url.ts';
import { isPassing, redisError } from './redis-error.ts';

/** An error as the library gives it for what the server replied. */
function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

describe('an error of Redis', () => {
  test.each<[string, string, boolean]>([
    ['OOM command not allowed', 'HEDDLE_JOURNAL_FULL', false],
    ['READONLY You cannot write against a read only replica.', 'HEDDLE_JOURNAL_READONLY', true],
    ['WRONGPASS invalid username-password pair', 'HEDDLE_JOURNAL_DENIED', false],
    ['NOPERM this user has no permissions', 'HEDDLE_JOURNAL_DENIED', false],
    ['NOAUTH Authentication required.', 'HEDDLE_JOURNAL_DENIED', false],
    ['LOADING Redis is loading the dataset', 'HEDDLE_JOURNAL_IO', true],
    ['MISCONF Redis is configured to save', 'HEDDLE_JOURNAL_IO', false],
    ['wrong number', 'HEDDLE_JOURNAL_IO', false],
  ])('%s is %s', (message, code, passes) => {
    const error = redisError(reply(message), 'redis://host');
    expect(error.code).toBe(code);
    expect(error.message).toContain('redis://host');
    expect(isPassing(reply(message))).toBe(passes);
  });

  test('a broken connection passes, an error of heddle does not', () => {
    expect(isPassing(new Error('Connection is closed.'))).toBe(true);
    expect(redisError(new Error('Connection is closed.'), 'x').code).toBe('HEDDLE_JOURNAL_UNREACHABLE');
    const missing = libraryMissing('ioredis', new Error("Cannot find package 'ioredis'\nRequire stack"));
    expect(isPassing(missing)).toBe(false);
    expect(redisError(missing, 'x')).toBe(missing);
    expect(missing).toBeInstanceOf(HeddleError);
    expect(missing.message).toBe(
      "The library 'ioredis' could not be loaded: Cannot find package 'ioredis'. Install it beside heddle: `npm install ioredis`.",
    );
  });
});
