import { describe, expect, test } from 'vitest';
import { fakeTerminal } from './testing/fake-terminal.ts';

describe('colour', () => {
  test.each([
    { tty: true, env: {}, colored: true },
    { tty: false, env: {}, colored: false },
    { tty: true, env: { NO_COLOR: '1' }, colored: false },
    { tty: true, env: { NO_COLOR: '' }, colored: true },
    { tty: false, env: { FORCE_COLOR: '1' }, colored: true },
    { tty: true, env: { FORCE_COLOR: '0' }, colored: false },
    { tty: false, env: { FORCE_COLOR: '1', NO_COLOR: '1' }, colored: false },
    { tty: true, env: { TERM: 'dumb' }, colored: false },
  ])('tty $tty with $env: $colored', ({ tty, env, colored }) => {
    const { terminal } = fakeTerminal({ tty, env: env });
    expect(terminal.err.color.red('x') !== 'x').toBe(colored);
  });
});

describe('symbols', () => {
  test.each([
    [{ LANG: 'C.UTF-8' }, '✓'],
    [{ LANG: 'en_US.ISO-8859-1' }, '+'],
    [{ LANG: 'en_US.ISO-8859-1', LC_ALL: 'de_DE.utf8' }, '✓'],
    [{ LANG: '' }, '✓'],
    [{ TERM: 'dumb' }, '+'],
    [{ TERM: 'linux' }, '+'],
  ])('%j: %s', (env, symbol) => {
    expect(fakeTerminal({ env }).terminal.out.symbols.succeeded).toBe(symbol);
  });
});

test('questions need a person on both sides', () => {
  expect(fakeTerminal({ tty: true }).terminal.interactive).toBe(true);
  expect(fakeTerminal({ tty: false }).terminal.interactive).toBe(false);
  expect(fakeTerminal({ tty: true, env: { TERM: 'dumb' } }).terminal.interactive).toBe(false);
});

test('an unknown width is 80', () => {
  expect(fakeTerminal({ columns: 0 }).terminal.out.columns).toBe(80);
  expect(fakeTerminal({ columns: 120 }).terminal.out.columns).toBe(120);
});
