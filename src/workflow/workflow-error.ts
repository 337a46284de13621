import { HeddleError } from '../errors/index.ts';
import { hasErrors, type Diagnostic } from './diagnostic.ts';

/** A workflow that cannot be run, with everything that is wrong with it. */
export class WorkflowError extends HeddleError {
  /** In the order of the file, warnings included. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
    const first = errors[0];
    const lines = errors.slice(0, 10).map(describe);
    const more = errors.length > lines.length ? [`… and ${errors.length - lines.length} more`] : [];
    const head = `the workflow has ${errors.length} error${errors.length === 1 ? '' : 's'}:`;
    const details =
      first === undefined || first.line === 0
        ? {}
        : {
            location: {
              line: first.line,
              column: first.column,
              ...(first.file === undefined ? {} : { file: first.file }),
            },
          };
    super(first?.code ?? 'HEDDLE_SCHEMA', [head, ...lines, ...more].join('\n'), details);
    this.diagnostics = diagnostics;
  }

  /** @throws WorkflowError where one of the diagnostics is an error. */
  static throwIfAny(diagnostics: readonly Diagnostic[]): void {
    if (hasErrors(diagnostics)) throw new WorkflowError(diagnostics);
  }
}

function describe({ file, line, column, code, message, suggestion }: Diagnostic): string {
  const place = line === 0 ? '' : `${file === undefined ? '' : `${file}:`}${line}:${column} `;
  return `  ${place}${code} ${message}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`;
}
