import { ERROR_CATALOGUE, HeddleError, type ErrorCode, type Location } from '../errors/index.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Output } from './terminal.ts';
import type { Diagnostic } from '../workflow/diagnostic.ts';
import { formatDiagnostic, type Painter } from '../workflow/diagnostic-format.ts';
import { TextLines } from '../workflow/text-lines.ts';

/** An error as `--json` prints it. */
export interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly location?: Location;
  readonly fix?: string;
  readonly diagnostics?: readonly unknown[];
}

/** Messages of commander such as "unknown option '--jsn'" as an error of heddle's own. */
export class UsageError extends HeddleError {
  constructor(message: string) {
    super('HEDDLE_USAGE', message);
  }
}

/** Anything that was thrown as a {@link HeddleError}; what is none becomes `HEDDLE_INTERNAL`. */
export function toHeddleError(thrown: unknown): HeddleError {
  if (thrown instanceof HeddleError) return thrown;
  return new HeddleError('HEDDLE_INTERNAL', describe(thrown), { cause: thrown });
}

function describe(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message === '' ? thrown.name : thrown.message;
  try {
    return `something that is no error was thrown: ${String(thrown)}`;
  } catch {
    return 'something that is no error, and cannot be shown, was thrown';
  }
}

/** Errors outside a run are the caller's (2), unless heddle itself failed (3) or was cancelled (130). */
export function exitCodeOf(error: HeddleError): ExitCode {
  if (error.code === 'HEDDLE_INTERNAL') return EXIT.internal;
  if (error.code === 'HEDDLE_CANCELLED') return EXIT.cancelled;
  return EXIT.usage;
}

/** What the catalogue advises for a code; undefined for codes of an author's own. */
export function fixOf(code: string): string | undefined {
  return Object.hasOwn(ERROR_CATALOGUE, code) ? ERROR_CATALOGUE[code as ErrorCode].fix : undefined;
}

/** An error as data. */
export function errorToJson(error: HeddleError): ErrorJson {
  const fix = fixOf(error.code);
  const diagnostics = diagnosticsOf(error);
  return {
    code: error.code,
    message: error.message,
    ...(error.location === undefined ? {} : { location: error.location }),
    ...(fix === undefined ? {} : { fix }),
    ...(diagnostics === undefined ? {} : { diagnostics }),
  };
}

function diagnosticsOf(error: HeddleError): readonly unknown[] | undefined {
  return 'diagnostics' in error && Array.isArray(error.diagnostics) ? error.diagnostics : undefined;
}

/** The colours of diagnostics on an output. */
export function painterOf({ color }: Output): Painter {
  return {
    error: (text) => color.red(color.bold(text)),
    warning: (text) => color.yellow(color.bold(text)),
    dim: color.dim,
    accent: color.cyan,
  };
}

/**
 * The one shape of an error in a terminal, that of a diagnostic: place, code and message, the line of an expression with
 * carets, where in the run it happened, what to do, and with `debug` the stacks of it and of its causes.
 */
export function formatError(error: HeddleError, output: Output, debug: boolean): string {
  const { color } = output;
  const [first = '', ...rest] = error.message.split('\n');
  const { diagnostic, source } = asDiagnostic(error, first);
  const lines = [formatDiagnostic(diagnostic, source, { colour: painterOf(output), width: output.columns })];
  lines.push(...rest.map((line) => `    ${line}`));
  const place = placeInRun(error);
  if (place !== '') lines.push(`    ${color.dim(`in ${place}`)}`);
  const fix = fixOf(error.code);
  if (fix !== undefined) lines.push(`    ${color.dim(fix)}`);
  if (debug) lines.push(...stacks(error).map((line) => color.dim(`    ${line}`)));
  return lines.join('\n');
}

/** Place and source of an error: in a file, in an expression that stands alone, or none. */
function asDiagnostic(error: HeddleError, message: string): { diagnostic: Diagnostic; source: string } {
  // Codes of an author's own are shown like heddle's.
  const head = { code: error.code as ErrorCode, severity: 'error' as const, message };
  const { location } = error;
  if (location === undefined && isInSource(error)) {
    const lines = new TextLines(error.source);
    const from = lines.positionAt(error.start);
    const to = lines.positionAt(error.end);
    const place = { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
    return { diagnostic: { ...head, ...place }, source: error.source };
  }
  const { line = 0, column = 0, file } = location ?? {};
  const place = { line, column, endLine: line, endColumn: column, ...(file === undefined ? {} : { file }) };
  return { diagnostic: { ...head, ...place }, source: '' };
}

function isInSource(error: HeddleError): error is HeddleError & { source: string; start: number; end: number } {
  return 'source' in error && typeof error.source === 'string' && 'start' in error && 'end' in error;
}

function placeInRun(error: HeddleError): string {
  const parts: string[] = [];
  if (error.task !== undefined) parts.push(`task ${error.task}`);
  if (error.index !== undefined) parts.push(`item ${error.index}`);
  if (error.attempt !== undefined && error.attempt > 1) parts.push(`attempt ${error.attempt}`);
  return parts.join(', ');
}

/** More causes than this are a circle. */
const MAX_CAUSES = 10;

function stacks(error: Error): string[] {
  const lines: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current instanceof Error && depth < MAX_CAUSES; depth++) {
    lines.push(...(depth === 0 ? '' : 'caused by ').concat(current.stack ?? current.message).split('\n'));
    current = current.cause;
  }
  return lines;
}
