import path from 'node:path';
import type { Diagnostic } from '../workflow/diagnostic.ts';
import { formatDiagnostic } from '../workflow/diagnostic-format.ts';
import { TextLines } from '../workflow/text-lines.ts';
import { readWorkflowText } from '../node/workflow-file.ts';
import { painterOf } from './error-report.ts';
import type { Output } from './terminal.ts';

/**
 * Diagnostics for people. The files they name are read again for the lines to show; `texts` holds those that cannot be,
 * such as standard input.
 */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  output: Output,
  texts: ReadonlyMap<string, string> = new Map(),
): string {
  const read = new Map([...texts].map(([file, text]) => [file, new TextLines(text)]));
  const options = { colour: painterOf(output), width: output.columns };
  return diagnostics
    .map((diagnostic) => formatDiagnostic(diagnostic, linesOf(diagnostic.file, read), options))
    .join('\n\n');
}

function linesOf(file: string | undefined, known: Map<string, TextLines>): TextLines | string {
  if (file === undefined) return '';
  let lines = known.get(file);
  if (lines === undefined) {
    lines = new TextLines(readable(file));
    known.set(file, lines);
  }
  return lines;
}

function readable(file: string): string {
  try {
    return readWorkflowText(path.resolve(file));
  } catch {
    // The diagnostic says enough without its line.
    return '';
  }
}
