import { HeddleError, type ErrorCode } from '../errors/index.ts';

/** Where in which text an evaluation failed. */
export interface FailurePlace {
  /** The text that `start` and `end` count in. */
  readonly source: string;
  /** UTF-16 offset of the failing part. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  /** Keys and indexes from the rendered value to the string that failed; absent for a lone expression. */
  readonly valuePath?: readonly (string | number)[];
}

/** An expression failed while it was evaluated. The caller turns its offsets into a place in a file. */
export class ExpressionError extends HeddleError {
  /** The text that `start` and `end` count in: the whole string, delimiters included. */
  readonly source: string;
  readonly start: number;
  readonly end: number;
  /** Where the string stands in the value that was rendered; empty for a lone expression. */
  readonly valuePath: readonly (string | number)[];

  constructor(code: ErrorCode | (string & {}), message: string, place: FailurePlace, cause?: unknown) {
    super(code, message, { cause });
    this.source = place.source;
    this.start = place.start;
    this.end = place.end;
    this.valuePath = place.valuePath ?? [];
  }
}

/** What is missing, before it is known how the author wrote what it was looked for in. */
export class MissingError extends HeddleError {
  readonly #describe: (subject: string) => string;

  constructor(describe: (subject: string) => string) {
    super('HEDDLE_MISSING', describe('the value'));
    this.#describe = describe;
  }

  /** The message, with the text of the expression that was looked into. */
  describe(subject: string): string {
    return this.#describe(subject);
  }
}

/** Fails with HEDDLE_EXPRESSION_TYPE. */
export function failType(message: string): never {
  throw new HeddleError('HEDDLE_EXPRESSION_TYPE', message);
}

/** Fails with HEDDLE_EXPRESSION_VALUE. */
export function failValue(message: string): never {
  throw new HeddleError('HEDDLE_EXPRESSION_VALUE', message);
}
