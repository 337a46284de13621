import { expect, test } from 'vitest';
import type { Diagnostic } from '../workflow/index.ts';
import { formatDiagnostics, formatGithub } from './diagnostic-report.ts';
import { fakeTerminal } from './testing/fake-terminal.ts';

const { out } = fakeTerminal().terminal;
const base: Diagnostic = {
  code: 'HEDDLE_UNKNOWN_NAME',
  severity: 'error',
  message: "'itm' is nothing here",
  file: 'a.yaml',
  line: 2,
  column: 10,
  endLine: 2,
  endColumn: 13,
  suggestion: 'item',
};

test('place, source, carets, advice', () => {
  const text = 'tasks:\n  url: << itm >>\n';
  const warning: Diagnostic = {
    code: 'HEDDLE_ENDLESS_CYCLE',
    severity: 'warning',
    message: 'A cycle.',
    line: 1,
    column: 1,
    endLine: 2,
    endColumn: 4,
    hint: 'Give it a way out.',
  };
  expect(formatDiagnostics([base, warning], text, out)).toBe(
    [
      "✗ HEDDLE_UNKNOWN_NAME 'itm' is nothing here",
      '  at  a.yaml:2:10',
      '  2 |   url: << itm >>',
      '    |          ^^^',
      '  fix did you mean item?',
      '',
      '⚠ HEDDLE_ENDLESS_CYCLE A cycle.',
      '  at  <text>:1:1',
      '  1 | tasks:',
      '    | ^^^^^^',
      '  fix Give it a way out.',
    ].join('\n'),
  );
});

test('without a place there is no excerpt, and a suggestion is not told twice', () => {
  const diagnostic = { ...base, line: 0, column: 0, message: "Unknown. Did you mean 'item'?" };
  expect(formatDiagnostics([diagnostic], '', out)).toBe(
    "✗ HEDDLE_UNKNOWN_NAME Unknown. Did you mean 'item'?\n  at  a.yaml",
  );
});

test('GitHub: one escaped line each', () => {
  expect(formatGithub({ ...base, file: 'a,b:c.yaml', message: '100%\nsure', hint: 'Mend it.' })).toBe(
    '::error file=a%2Cb%3Ac.yaml,line=2,col=10,endLine=2,endColumn=12,title=HEDDLE_UNKNOWN_NAME::100%25%0Asure Did you mean item? Mend it.',
  );
  expect(
    formatGithub({
      code: 'HEDDLE_SCHEMA',
      severity: 'warning',
      message: 'm',
      line: 0,
      column: 0,
      endLine: 0,
      endColumn: 0,
    }),
  ).toBe('::warning title=HEDDLE_SCHEMA::m');
});
