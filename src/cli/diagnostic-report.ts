import type { Diagnostic } from '../workflow/index.ts';
import type { Output } from './terminal.ts';
import { excerpt } from './text/excerpt.ts';

/** A file's diagnostics for people: place, code, message, the source line with carets, advice. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], text: string, output: Output): string {
  const lines = text.split(/\r\n|[\n\r]/);
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, lines, output)).join('\n\n');
}

function formatDiagnostic(diagnostic: Diagnostic, lines: readonly string[], output: Output): string {
  const { color, symbols } = output;
  const isError = diagnostic.severity === 'error';
  const paint = isError ? color.red : color.yellow;
  const head = `${paint(`${isError ? symbols.failed : symbols.warning} ${color.bold(diagnostic.code)}`)} ${diagnostic.message}`;
  const place = diagnostic.line > 0 ? `:${diagnostic.line}:${diagnostic.column}` : '';
  const shown = [head, `  ${color.dim('at')}  ${diagnostic.file ?? '<text>'}${place}`];
  const source = lines[diagnostic.line - 1];
  if (source !== undefined) {
    const end = diagnostic.endLine === diagnostic.line ? diagnostic.endColumn : source.length + 1;
    const cut = excerpt(source, diagnostic.column, end);
    const number = String(diagnostic.line);
    const margin = ' '.repeat(number.length);
    shown.push(`  ${color.dim(`${number} |`)} ${cut.source}`, `  ${color.dim(`${margin} |`)} ${paint(cut.carets)}`);
  }
  if (diagnostic.suggestion !== undefined && !diagnostic.message.toLowerCase().includes('did you mean')) {
    shown.push(`  ${color.dim('fix')} did you mean ${color.bold(diagnostic.suggestion)}?`);
  }
  if (diagnostic.hint !== undefined) shown.push(`  ${color.dim('fix')} ${diagnostic.hint}`);
  return shown.join('\n');
}

/** A diagnostic as a workflow command of GitHub Actions, which shows it beside the changed line. */
export function formatGithub(diagnostic: Diagnostic): string {
  const properties = [
    ...(diagnostic.file === undefined ? [] : [`file=${escapeProperty(diagnostic.file)}`]),
    ...(diagnostic.line > 0
      ? [
          `line=${diagnostic.line}`,
          `col=${diagnostic.column}`,
          `endLine=${diagnostic.endLine}`,
          `endColumn=${Math.max(diagnostic.column, diagnostic.endColumn - 1)}`,
        ]
      : []),
    `title=${escapeProperty(diagnostic.code)}`,
  ];
  const suggestion = diagnostic.suggestion === undefined ? '' : ` Did you mean ${diagnostic.suggestion}?`;
  const hint = diagnostic.hint === undefined ? '' : ` ${diagnostic.hint}`;
  return `::${diagnostic.severity} ${properties.join(',')}::${escapeData(`${diagnostic.message}${suggestion}${hint}`)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
