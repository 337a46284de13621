import type { FunctionEntry } from '../library.ts';
import { CONVERSION_FUNCTIONS } from './conversion.ts';
import { DATE_FUNCTIONS } from './date.ts';
import { ENCODING_FUNCTIONS } from './encoding.ts';
import { LAMBDA_FUNCTIONS } from './lambda.ts';
import { LIST_FUNCTIONS } from './list.ts';
import { NUMBER_FUNCTIONS } from './number.ts';
import { OBJECT_FUNCTIONS } from './object.ts';
import { PATTERN_FUNCTIONS } from './pattern.ts';
import { TEXT_FUNCTIONS } from './text.ts';

/** The functions that need nothing but their arguments, by family, as docs/functions.md lists them. */
export const FUNCTION_FAMILIES: Readonly<Record<string, readonly FunctionEntry[]>> = {
  'Types and defaults': CONVERSION_FUNCTIONS,
  Numbers: NUMBER_FUNCTIONS,
  Text: [...TEXT_FUNCTIONS, ...PATTERN_FUNCTIONS],
  Lists: LIST_FUNCTIONS,
  'Lists with a lambda': LAMBDA_FUNCTIONS,
  Objects: OBJECT_FUNCTIONS,
  Dates: DATE_FUNCTIONS,
  Encodings: ENCODING_FUNCTIONS,
};

const BY_NAME: ReadonlyMap<string, FunctionEntry> = new Map(
  Object.values(FUNCTION_FAMILIES).flatMap((family) => family.map((entry) => [entry.name, entry] as const)),
);

/** The function of that name, or undefined. */
export function findFunction(name: string): FunctionEntry | undefined {
  return BY_NAME.get(name);
}

/** Names of all functions that need nothing but their arguments. */
export const FUNCTION_NAMES: readonly string[] = [...BY_NAME.keys()];
