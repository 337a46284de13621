import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describePath, hasErrors, sortDiagnostics, type Diagnostic } from './diagnostic.ts';
import { diagnosticsToGithub, formatDiagnostic, formatDiagnostics, type Painter } from './diagnostic-format.ts';

const diagnostic = (overrides: Partial<Diagnostic> = {}): Diagnostic => ({
  code: 'HEDDLE_UNKNOWN_KEY',
  severity: 'error',
  message: "The key 'acton' is not known in a task.",
  file: 'flow.yaml',
  line: 2,
  column: 3,
  endLine: 2,
  endColumn: 8,
  ...overrides,
});

describe('formatDiagnostic', () => {
  it('shows place, code, message, source, caret and advice', () => {
    const text = formatDiagnostic(
      diagnostic({ suggestion: 'action', hint: 'See docs.' }),
      'tasks:\n  acton: core.noop\n',
    );
    expect(text.split('\n')).toEqual([
      "flow.yaml:2:3  error  HEDDLE_UNKNOWN_KEY  The key 'acton' is not known in a task.",
      '  2 |   acton: core.noop',
      '    |   ^^^^^',
      '    did you mean action ?',
      '    See docs.',
    ]);
  });

  const lines = (overrides: Partial<Diagnostic>, source: string, width?: number): (string | undefined)[] =>
    formatDiagnostic(diagnostic({ line: 1, endLine: 1, ...overrides }), source, width === undefined ? {} : { width })
      .split('\n')
      .slice(1, 3);

  it('keeps the caret below tabs and wide characters', () => {
    expect(lines({ column: 2, endColumn: 4 }, '\tab')).toEqual(['  1 |   ab', '    |   ^^']);
    expect(lines({ column: 3, endColumn: 4 }, '漢字x')).toEqual(['  1 | 漢字x', '    |     ^']);
    expect(lines({ column: 1, endColumn: 3 }, '漢字x')).toEqual(['  1 | 漢字x', '    | ^^^^']);
    expect(lines({ column: 3, endColumn: 4 }, '😀x')).toEqual(['  1 | 😀x', '    |   ^']);
    expect(lines({ column: 3, endColumn: 4 }, 'e\u0301x')).toEqual(['  1 | e\u0301x', '    |  ^']);
  });

  it('shows a window of a long line', () => {
    const source = `${'a'.repeat(500)}XYZ${'b'.repeat(500)}`;
    const [line, caret] = lines({ column: 501, endColumn: 504 }, source, 60);
    expect(line).toMatch(/^ {2}1 \| …a+XYZb+…$/);
    expect(line?.length).toBeLessThanOrEqual(60);
    expect(line?.slice(caret?.indexOf('^'), (caret?.lastIndexOf('^') ?? 0) + 1)).toBe('XYZ');
  });

  it('marks at least one character, and a range over lines to the end of the first', () => {
    expect(lines({ column: 4, endColumn: 4 }, 'abc')).toEqual(['  1 | abc', '    |    ^']);
    expect(lines({ column: 2, endLine: 3, endColumn: 2 }, 'abcd  \nx\ny')).toEqual(['  1 | abcd  ', '    |  ^^^']);
  });

  it('has no source line where there is none', () => {
    expect(formatDiagnostic(diagnostic({ line: 0, column: 0 }), '')).toBe(
      "flow.yaml  error  HEDDLE_UNKNOWN_KEY  The key 'acton' is not known in a task.",
    );
    const { file: _, ...nowhere } = diagnostic({ line: 0 });
    expect(formatDiagnostic(nowhere, '')).toMatch(/^error {2}HEDDLE_UNKNOWN_KEY/);
    expect(formatDiagnostic(diagnostic({ line: 99 }), 'a\n').split('\n')).toHaveLength(1);
  });

  it('lets no control character of a file through to the terminal', () => {
    const text = formatDiagnostic(diagnostic({ line: 1, message: 'a\u001b[31mb\nc' }), 'x: \u001b]0;title\u0007 y\n');
    expect(text).not.toMatch(/\u001b|\u0007/);
    expect(text.split('\n')[0]).toContain('a·[31mb·c');
  });

  it('paints with what it is given', () => {
    const tag = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const colour: Painter = { error: tag('e'), warning: tag('w'), dim: tag('d'), accent: tag('a') };
    const text = formatDiagnostic(diagnostic({ severity: 'warning', suggestion: 'x' }), 'a\n  bcdef', { colour });
    expect(text.split('\n')).toEqual([
      "<d>flow.yaml:2:3</d>  <w>warning</w>  HEDDLE_UNKNOWN_KEY  The key 'acton' is not known in a task.",
      '  <d>2 |</d>   bcdef',
      '  <d>  |</d>   <w>^^^^^</w>',
      '    did you mean <a>x</a> ?',
    ]);
  });

  it('never throws, whatever the place and the text', () => {
    const place = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), place, place, place, (source, line, column, end) => {
        const text = formatDiagnostic(diagnostic({ line, column, endLine: line, endColumn: end }), source, {
          width: 40,
        });
        expect(text.split('\n').length).toBeLessThanOrEqual(3);
      }),
    );
  }, 30_000);
});

describe('formatDiagnostics', () => {
  it('ends with a count', () => {
    const warning = diagnostic({ severity: 'warning' });
    expect(formatDiagnostics([], '')).toBe('');
    expect(formatDiagnostics([diagnostic()], 'a\nb').split('\n').at(-1)).toBe('1 error');
    expect(formatDiagnostics([warning, warning], 'a\nb').split('\n').at(-1)).toBe('2 warnings');
    expect(formatDiagnostics([diagnostic(), diagnostic(), warning], '').split('\n').at(-1)).toBe('2 errors, 1 warning');
  });
});

describe('diagnosticsToGithub', () => {
  it('escapes what GitHub would read', () => {
    expect(diagnosticsToGithub([diagnostic({ file: 'a,b:c.yaml', message: '100 %\nwrong', suggestion: 'x' })])).toBe(
      '::error file=a%2Cb%3Ac.yaml,line=2,col=3,endLine=2,endColumn=8,title=HEDDLE_UNKNOWN_KEY::100 %25%0Awrong%0Adid you mean x ?',
    );
  });

  it('leaves out what there is not', () => {
    const { file: _, ...nowhere } = diagnostic({ line: 0, severity: 'warning', message: 'm' });
    expect(diagnosticsToGithub([nowhere, diagnostic({ message: 'n', endLine: 3 })])).toBe(
      '::warning title=HEDDLE_UNKNOWN_KEY::m\n::error file=flow.yaml,line=2,col=3,endLine=3,title=HEDDLE_UNKNOWN_KEY::n',
    );
  });
});

describe('lists of diagnostics', () => {
  it('are sorted by place, errors first, each once', () => {
    const at = (line: number, column: number, severity: 'error' | 'warning' = 'error') =>
      diagnostic({ line, column, severity });
    const list = [at(3, 1), at(1, 2, 'warning'), at(1, 2), at(1, 1), at(3, 1)];
    const sorted = sortDiagnostics([
      ...list,
      diagnostic({ line: 1, column: 2, severity: 'warning', message: 'other' }),
    ]);
    expect(sorted.map(({ line, column, severity }) => [line, column, severity])).toEqual([
      [1, 1, 'error'],
      [1, 2, 'error'],
      [1, 2, 'warning'],
      [3, 1, 'error'],
    ]);
    expect(hasErrors(list)).toBe(true);
    expect(hasErrors([at(1, 1, 'warning')])).toBe(false);
  });

  it('name a path', () => {
    expect(describePath(['tasks', 0, 'on-success', 'a b'])).toBe('tasks[0].on-success["a b"]');
    expect(describePath([])).toBe('');
  });
});
