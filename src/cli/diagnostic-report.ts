import path from 'node:path';
import type { Diagnostic } from '../workflow/diagnostic.ts';
import { formatDiagnostic } from '../workflow/diagnostic-format.ts';
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
  const read = new Map(texts);
  const options = { colour: painterOf(output), width: output.columns };
  return diagnostics
    .map((diagnostic) => formatDiagnostic(diagnostic, textOf(diagnostic.file, read), options))
    .join('\n\n');
}

function textOf(file: string | undefined, texts: Map<string, string>): string {
  if (file === undefined) return '';
  let text = texts.get(file);
  if (text === undefined) {
    try {
      text = readWorkflowText(path.resolve(file));
    } catch {
      // The diagnostic says enough without its line.
      text = '';
    }
    texts.set(file, text);
  }
  return text;
}
