/** `exact`: equal; `subset`: what is expected must be there, objects may have more. */
export type Comparison = 'exact' | 'subset';

/** One place at which a value is not what was expected. */
export interface Difference {
  /** Keys and indexes from the root of the value. */
  readonly path: readonly (string | number)[];
  readonly kind: 'different' | 'missing' | 'unexpected';
  readonly expected?: unknown;
  readonly got?: unknown;
}

/** Every place where `got` is not as `expected`, in the order of the expected value. Lists are compared element by element. */
export function differences(expected: unknown, got: unknown, comparison: Comparison): readonly Difference[] {
  const found: Difference[] = [];
  compare(expected, got, comparison, [], found);
  return found;
}

/** Whether `value` contains all of `part`. */
export function contains(value: unknown, part: unknown): boolean {
  return differences(part, value, 'subset').length === 0;
}

function compare(
  expected: unknown,
  got: unknown,
  comparison: Comparison,
  path: readonly (string | number)[],
  found: Difference[],
): void {
  if (Array.isArray(expected) && Array.isArray(got)) {
    compareLists(expected, got, comparison, path, found);
  } else if (isRecord(expected) && isRecord(got)) {
    compareRecords(expected, got, comparison, path, found);
  } else if (!isSame(expected, got)) {
    found.push({ path, kind: 'different', expected, got });
  }
}

function compareLists(
  expected: readonly unknown[],
  got: readonly unknown[],
  comparison: Comparison,
  path: readonly (string | number)[],
  found: Difference[],
): void {
  for (let index = 0; index < Math.max(expected.length, got.length); index++) {
    const at = [...path, index];
    if (index >= got.length) found.push({ path: at, kind: 'missing', expected: expected[index] });
    else if (index >= expected.length) found.push({ path: at, kind: 'unexpected', got: got[index] });
    else compare(expected[index], got[index], comparison, at, found);
  }
}

function compareRecords(
  expected: Readonly<Record<string, unknown>>,
  got: Readonly<Record<string, unknown>>,
  comparison: Comparison,
  path: readonly (string | number)[],
  found: Difference[],
): void {
  for (const key of Object.keys(expected)) {
    const at = [...path, key];
    if (Object.hasOwn(got, key)) compare(expected[key], got[key], comparison, at, found);
    else found.push({ path: at, kind: 'missing', expected: expected[key] });
  }
  if (comparison === 'subset') return;
  for (const key of Object.keys(got)) {
    if (!Object.hasOwn(expected, key)) found.push({ path: [...path, key], kind: 'unexpected', got: got[key] });
  }
}

function isSame(expected: unknown, got: unknown): boolean {
  // A result of undefined is shown as null everywhere, and YAML has no other way to write it.
  return Object.is(expected ?? null, got ?? null) || (expected === 0 && got === 0);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
