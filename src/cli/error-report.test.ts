import { describe, expect, test } from 'vitest';
import { HeddleError } from '../errors/index.ts';
import { ExpressionError } from '../expression/index.ts';
import { errorToJson, exitCodeOf, fixOf, formatError, toHeddleError, UsageError } from './error-report.ts';
import { fakeTerminal } from './testing/fake-terminal.ts';

const { err } = fakeTerminal().terminal;

describe('an error in a terminal', () => {
  test('code, message, place, what to do', () => {
    const error = new HeddleError('HEDDLE_TIMEOUT', 'The attempt ran longer than 5s.\nMore.', {
      task: 'check',
      index: 3,
      attempt: 2,
      location: { file: 'a.yaml', line: 4, column: 7 },
    });
    expect(formatError(error, err, false)).toBe(
      [
        'a.yaml:4:7  error  HEDDLE_TIMEOUT  The attempt ran longer than 5s.',
        '    More.',
        '    in task check, item 3, attempt 2',
        '    Raise `timeout`, or add a `retry`.',
      ].join('\n'),
    );
  });

  test('the line of an expression with carets', () => {
    const error = new ExpressionError('HEDDLE_MISSING', 'There is no b.', { source: '1 +\n  a.b', start: 8, end: 9 });
    expect(formatError(error, err, false)).toBe(
      [
        '2:5  error  HEDDLE_MISSING  There is no b.',
        '  2 |   a.b',
        '    |     ^',
        '    Use `?.`, `??` or default(), or correct the name; the message lists what there is.',
      ].join('\n'),
    );
  });

  test("codes of an author's own have no advice", () => {
    expect(formatError(new HeddleError('SHOP_CLOSED', 'closed'), err, false)).toBe('error  SHOP_CLOSED  closed');
    expect(fixOf('constructor')).toBeUndefined();
  });

  test('stacks, and those of the causes, only with --debug', () => {
    const cause = new TypeError('deep');
    const error = new HeddleError('HEDDLE_INTERNAL', 'top', { cause });
    expect(formatError(error, err, false)).not.toContain('error-report.test');
    const text = formatError(error, err, true);
    expect(text).toContain('error-report.test');
    expect(text).toContain('caused by TypeError: deep');
  });

  test('a circle of causes ends', () => {
    const error = new HeddleError('HEDDLE_INTERNAL', 'round');
    error.cause = error;
    expect(formatError(error, err, true).match(/caused by/g)).toHaveLength(9);
  });
});

test.each([
  [new Error('broken'), 'broken'],
  [new TypeError(), 'TypeError'],
  ['text', 'something that is no error was thrown: text'],
  [undefined, 'something that is no error was thrown: undefined'],
  [Object.create(null), 'something that is no error, and cannot be shown, was thrown'],
])('what is no HeddleError is internal: %s', (thrown, message) => {
  const error = toHeddleError(thrown);
  expect(error).toMatchObject({ code: 'HEDDLE_INTERNAL', message });
  expect(exitCodeOf(error)).toBe(3);
});

test('exit codes', () => {
  expect(exitCodeOf(new UsageError('x'))).toBe(2);
  expect(exitCodeOf(new HeddleError('HEDDLE_FILE_NOT_FOUND', 'x'))).toBe(2);
  expect(exitCodeOf(new HeddleError('HEDDLE_CANCELLED', 'x'))).toBe(130);
});

test('as JSON', () => {
  const error = Object.assign(new HeddleError('HEDDLE_USAGE', 'x', { location: { line: 1, column: 2 } }), {
    diagnostics: [{ a: 1 }],
  });
  expect(errorToJson(error)).toEqual({
    code: 'HEDDLE_USAGE',
    message: 'x',
    location: { line: 1, column: 2 },
    fix: 'Run the command with --help.',
    diagnostics: [{ a: 1 }],
  });
  expect(errorToJson(new HeddleError('OWN', 'y'))).toEqual({ code: 'OWN', message: 'y' });
});
