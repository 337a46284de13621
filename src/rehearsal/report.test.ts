import { describe, expect, it } from 'vitest';
import { formatFileProblems, formatReport, formatSummary, type RehearsalReport, type ReportStyle } from './report.ts';

const same = (text: string): string => text;
const style: ReportStyle = { passed: '✓', failed: '✗', green: same, red: same, dim: same, bold: same };
const location = { file: 'a.rehearsal.yaml', line: 7, column: 5 };

function report(fields: Partial<RehearsalReport>): RehearsalReport {
  return {
    name: 'works',
    file: 'a.rehearsal.yaml',
    line: 2,
    passed: true,
    problems: [],
    durationMs: 3.4,
    virtualMs: 0,
    ...fields,
  };
}

describe('formatReport', () => {
  it('gives a rehearsal that passed one line, with the virtual time where it counts', () => {
    expect(formatReport(report({}), style)).toBe('✓ works (3 ms)');
    expect(formatReport(report({ virtualMs: 90_000 }), style)).toBe('✓ works (3 ms, 90 s of virtual time)');
  });

  it('shows what was expected and what came, with the place', () => {
    const problems = [
      { subject: 'status', location, expected: 'succeeded', got: 'failed', note: 'deploy: X: down' },
      { subject: 'tasks', location, expected: ['a', 'b'], got: ['b'] },
      { subject: 'output.x', location, expected: { a: 'two words' } },
      { subject: 'output.y', location, got: 'two words' },
      { subject: 'mocks[0]', location, note: 'answered nothing' },
    ];
    expect(formatReport(report({ passed: false, problems }), style).split('\n')).toEqual([
      '✗ works (3 ms)',
      '    status  a.rehearsal.yaml:7:5',
      '      expected  succeeded',
      '      got       failed',
      '      deploy: X: down',
      '    tasks  a.rehearsal.yaml:7:5',
      '      expected  a, b',
      '      got       b',
      '    output.x  a.rehearsal.yaml:7:5',
      '      expected  {"a":"two words"}',
      '      got       nothing',
      '    output.y  a.rehearsal.yaml:7:5',
      '      expected  nothing',
      '      got       "two words"',
      '    mocks[0]  a.rehearsal.yaml:7:5',
      '      answered nothing',
    ]);
  });

  it('shows a long value as YAML and cuts a longer one', () => {
    const got = Array.from({ length: 30 }, (_, index) => ({ index }));
    const lines = formatReport(report({ problems: [{ subject: 'output', location, got }] }), style).split('\n');
    expect(lines.slice(3, 6)).toEqual(['      got', '        - index: 0', '        - index: 1']);
    expect(lines.at(-1)).toBe('        … 10 more lines');
  });

  it('counts problems beyond the twentieth', () => {
    const problems = Array.from({ length: 23 }, () => ({ subject: 'x', location, note: 'y' }));
    expect(formatReport(report({ problems }), style)).toMatch(/\n {4}and 3 more$/);
  });
});

const problem = { subject: 'mock of a', location, note: 'answered nothing' };

describe('formatFileProblems', () => {
  it('lists them below a line of their own', () => {
    expect(formatFileProblems([problem], style).split('\n')).toEqual([
      '✗ the file as a whole',
      '    mock of a  a.rehearsal.yaml:7:5',
      '      answered nothing',
    ]);
  });
});

describe('formatSummary', () => {
  it('counts', () => {
    const file = { reports: [report({}), report({ passed: false }), report({})], problems: [], diagnostics: [] };
    const wrong = { reports: [], problems: [problem], diagnostics: [{ severity: 'error' as const }] };
    expect(formatSummary([file], style)).toBe('2 passed, 1 failed');
    expect(formatSummary([wrong], style)).toBe('0 passed, 1 mock that nothing needs, 1 file not valid');
    expect(formatSummary([wrong, file, wrong], style)).toBe(
      '2 passed, 1 failed, 2 mocks that nothing needs, 2 files not valid',
    );
    expect(formatSummary([{ ...wrong, problems: [], diagnostics: [{ severity: 'warning' }] }], style)).toBe('0 passed');
  });
});
