import { diagnosticsToGithub } from '../workflow/diagnostic-format.ts';
import type { Diagnostic } from '../workflow/diagnostic.ts';
import { printDiagnostics } from './diagnostic-report.ts';
import type { Terminal } from './terminal.ts';
import { formatDuration, formatPlural } from './text/quantities.ts';

/** A file that was looked at, and what was found. */
export interface Checked {
  readonly file: string;
  /** What is shown of it: the lines that diagnostics point at. */
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** How findings are reported: for people, for scripts, as annotations of a pull request. */
export type ReportFormat = 'pretty' | 'json' | 'github';

/** Reports what was found in files. */
export function reportChecked(
  checked: readonly Checked[],
  format: ReportFormat,
  durationMs: number,
  terminal: Terminal,
): void {
  if (format === 'json') reportJson(checked, terminal);
  else if (format === 'github') reportGithub(checked, terminal);
  else reportPretty(checked, durationMs, terminal);
}

/** Whether a file has an error; warnings do not count. */
export function hasError({ diagnostics }: Checked): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

function reportJson(checked: readonly Checked[], { out }: Terminal): void {
  const files = checked.map((one) => ({ file: one.file, valid: !hasError(one), diagnostics: one.diagnostics }));
  const all = checked.flatMap((one) => one.diagnostics);
  const errors = all.filter((diagnostic) => diagnostic.severity === 'error').length;
  out.line(JSON.stringify({ valid: errors === 0, errors, warnings: all.length - errors, files }, null, 2));
}

function reportGithub(checked: readonly Checked[], { out }: Terminal): void {
  for (const { diagnostics } of checked) if (diagnostics.length > 0) out.line(diagnosticsToGithub(diagnostics));
}

function reportPretty(checked: readonly Checked[], durationMs: number, { out }: Terminal): void {
  const { color, symbols } = out;
  for (const one of checked) {
    if (one.diagnostics.length > 0)
      out.line(`${printDiagnostics(one.diagnostics, out, new Map([[one.file, one.text]]))}\n`);
  }
  for (const one of checked) {
    const mark = hasError(one)
      ? color.red(symbols.failed)
      : one.diagnostics.length > 0
        ? color.yellow(symbols.warning)
        : color.green(symbols.succeeded);
    out.line(`${mark} ${one.file}`);
  }
  const all = checked.flatMap((one) => one.diagnostics);
  const errors = all.filter((diagnostic) => diagnostic.severity === 'error').length;
  const warnings = all.length - errors;
  const facts = [
    formatPlural(checked.length, 'file'),
    errors === 0 ? 'no errors' : color.red(formatPlural(errors, 'error')),
    ...(warnings === 0 ? [] : [color.yellow(formatPlural(warnings, 'warning'))]),
    color.dim(formatDuration(durationMs)),
  ];
  out.line(`\n${facts.join(color.dim(` ${symbols.dot} `))}`);
}
