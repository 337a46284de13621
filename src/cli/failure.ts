import { WorkflowError } from '../workflow/workflow-error.ts';
import { printDiagnostics } from './diagnostic-report.ts';
import { errorToJson, exitCodeOf, formatError, toHeddleError } from './error-report.ts';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { formatPlural } from './text/quantities.ts';

/** How {@link reportFailure} reports. */
export interface FailureOptions {
  /** Stack traces are wanted. */
  readonly debug: boolean;
  /** The error as JSON on the output, beside the text on the error stream. */
  readonly json: boolean;
}

/**
 * Tells what was thrown, and what the process should end with. A workflow that is not valid shows all that is wrong with
 * it; anything else is one error.
 */
export function reportFailure(thrown: unknown, terminal: Terminal, { debug, json }: FailureOptions): ExitCode {
  const error = toHeddleError(thrown);
  const { out, err } = terminal;
  if (json) out.line(JSON.stringify({ error: errorToJson(error) }));
  if (error instanceof WorkflowError && !debug) {
    const errors = error.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
    err.line(`${printDiagnostics(errors, err)}\n\n${err.color.red(formatPlural(errors.length, 'error'))}`);
  } else {
    err.line(formatError(error, err, debug));
  }
  return exitCodeOf(error);
}
