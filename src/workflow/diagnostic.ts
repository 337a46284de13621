import type { ErrorCode } from '../errors/index.ts';
import type { YamlPath } from './definition.ts';
import type { Range } from './text-lines.ts';

/** One thing that is wrong with a file, and where. Lines and columns count from 1; 0 where there is no text. */
export interface Diagnostic {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  /** Exclusive. */
  readonly endColumn: number;
  /** "did you mean": text that could stand in place of the range. */
  readonly suggestion?: string;
  /** Advice in a sentence. */
  readonly hint?: string;
}

/** What is wrong, before it has a place. */
export interface Finding {
  readonly code: ErrorCode;
  /** Default `error`. */
  readonly severity?: 'error' | 'warning';
  readonly message: string;
  readonly suggestion?: string;
  readonly hint?: string;
}

/** What a {@link Finding} points at. */
export interface Place {
  readonly path: YamlPath;
  /** The key of the last step of the path or its value (default). */
  readonly what?: 'key' | 'value';
  /** A part of the value, in indexes of its decoded string: the span of a problem within an expression. */
  readonly within?: Range;
}

/** `tasks[0].next.when`, for messages where there is no text to point at. */
export function describePath(path: YamlPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${String(step)}]`;
    else if (/^[\w-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/** True if one of the diagnostics is an error, not a warning. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** In the order of the file: by line, column, then errors before warnings; equal ones once. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return [...diagnostics]
    .sort(
      (a, b) =>
        a.line - b.line || a.column - b.column || (a.severity === b.severity ? 0 : a.severity === 'error' ? -1 : 1),
    )
    .filter((diagnostic) => {
      const { code, line, column, message } = diagnostic;
      const identity = JSON.stringify([code, line, column, message]);
      if (seen.has(identity)) return false;
      seen.add(identity);
      return true;
    });
}
