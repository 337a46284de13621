import { HeddleError } from '../errors/index.ts';
import { getField, getIndex, getSelf, listed, readField, readIndex } from './access.ts';
import { ExpressionError, MissingError, type FailurePlace } from './expression-error.ts';
import type { Binding } from './names.ts';
import * as operators from './operators.ts';
import { nearest } from '../errors/nearest.ts';
import { toText } from './text.ts';
import { truthy } from './values.ts';

/** A place in generated code that can fail. */
export interface Site extends FailurePlace {
  /** What a missing field was looked for in, as the author wrote it. */
  readonly subject: string;
}

/** Throws `error` as an {@link ExpressionError} at `site`; an error that knows its place keeps it. */
function fail(error: unknown, site: Site): never {
  if (error instanceof ExpressionError) throw error;
  if (error instanceof MissingError) throw new ExpressionError(error.code, error.describe(site.subject), site);
  if (error instanceof HeddleError) throw new ExpressionError(error.code, error.message, site, error.cause);
  if (error instanceof RangeError) {
    throw new ExpressionError('HEDDLE_EXPRESSION_VALUE', 'The value is nested too deeply or too large.', site, error);
  }
  const message = error instanceof Error ? error.message : String(error);
  throw new ExpressionError('HEDDLE_EXPRESSION_VALUE', message, site, error);
}

/** Throws HEDDLE_MISSING for a name that has no value. */
function unbound(scope: unknown, binding: Binding, name: string): never {
  const candidates = binding.candidates?.(scope as never);
  throw new MissingError(() => {
    if (candidates === undefined) return `There is no ${binding.noun}.`;
    const near = nearest(name, candidates);
    return `There is no ${binding.noun}. ${listed('There is', candidates)}${near === undefined ? '' : ` Did you mean ${near}?`}`;
  });
}

/** Runs `evaluate`; undefined where it fails because something is missing. */
function attempt(evaluate: () => unknown): unknown {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof HeddleError && error.code === 'HEDDLE_MISSING') return undefined;
    throw error;
  }
}

/** Copies literal data, so that what is handed out belongs to the taker. */
export function cloneLiteral(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneLiteral);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) {
    const each = copy[key];
    if (typeof each === 'object' && each !== null) {
      Object.defineProperty(copy, key, {
        value: cloneLiteral(each),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
  }
  return copy;
}

/** What generated code may call; it sees these under their names and nothing else of this program. */
export const RUNTIME = {
  ...operators,
  attempt,
  cloneLiteral,
  fail,
  getField,
  getIndex,
  getSelf,
  truthy,
  plain: Object.prototype,
  readField,
  readIndex,
  toText,
  unbound,
} as const;
