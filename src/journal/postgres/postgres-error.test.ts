import { describe, expect, test } from 'vitest';
import { HeddleError } from '../../errors/index.ts';
import { isBroken, isPassing, lacksPartition, postgresError } from './postgres-error.ts';

/** An error as the library gives it for what the server replied. */
function reply(code: string, message = 'a reason'): Error {
  return Object.assign(new Error(message), { code, severity: 'ERROR' });
}

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

describe('an error of PostgreSQL', () => {
  test.each<[string, string]>([
    ['53100', 'HEDDLE_JOURNAL_FULL'],
    ['53200', 'HEDDLE_JOURNAL_FULL'],
    ['25006', 'HEDDLE_JOURNAL_READONLY'],
    ['55P03', 'HEDDLE_JOURNAL_BUSY'],
    ['40P01', 'HEDDLE_JOURNAL_BUSY'],
    ['42P01', 'HEDDLE_JOURNAL_INVALID'],
    ['XX001', 'HEDDLE_JOURNAL_CORRUPT'],
    ['28P01', 'HEDDLE_JOURNAL_DENIED'],
    ['3D000', 'HEDDLE_JOURNAL_DENIED'],
    ['57P01', 'HEDDLE_JOURNAL_UNREACHABLE'],
    ['53300', 'HEDDLE_JOURNAL_UNREACHABLE'],
    ['22021', 'HEDDLE_JOURNAL_IO'],
  ])('%s is %s, with its reason', (state, code) => {
    const error = postgresError(reply(state), 'postgres://host/app');
    expect(error).toMatchObject({ code, cause: { code: state } });
    expect((error as Error).message).toContain('postgres://host/app');
    expect((error as Error).message).toContain('a reason');
  });

  test.each<[string, Error, boolean, boolean]>([
    ['a deadlock', reply('40P01'), true, false],
    ['a server that stops', reply('57P01'), true, true],
    ['a transaction that was ended for hanging', reply('25P03'), true, true],
    ['a lock that was not had', reply('55P03'), false, false],
    ['a full disk', reply('53100'), false, false],
    ['a broken connection', refused, true, true],
    ['an error of heddle', new HeddleError('HEDDLE_FENCED', 'x'), false, false],
    ['a mistake in code', new TypeError('x'), false, false],
  ])('%s: tried again, connection given up', (_, error, passes, breaks) => {
    expect(isPassing(error)).toBe(passes);
    expect(isBroken(error)).toBe(breaks);
  });

  test('several addresses are all told', () => {
    const both = new AggregateError([new Error('no ::1.'), new Error('no 127.0.0.1')], '');
    expect((postgresError(both, 'x') as Error).message).toContain('does not answer: no ::1; no 127.0.0.1.');
  });

  test('of others are handed on', () => {
    const mistake = new TypeError('x');
    expect(postgresError(mistake, 'x')).toBe(mistake);
  });

  test('a month without a partition is told from other violations', () => {
    expect(lacksPartition(reply('23514', 'no partition of relation "entries" found for row'))).toBe(true);
    expect(lacksPartition(reply('23514', 'new row violates check'))).toBe(false);
    expect(lacksPartition(refused)).toBe(false);
  });
});
