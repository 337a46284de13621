import { failType, failValue } from '../expression-error.ts';
import type { FunctionEntry } from '../library.ts';
import { toText } from '../text.ts';
import { describe, truthy, typeOf } from '../values.ts';

const TRUE_WORDS: ReadonlySet<string> = new Set(['true', 'yes', 'on', '1']);
const FALSE_WORDS: ReadonlySet<string> = new Set(['false', 'no', 'off', '0', '']);
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const HEXADECIMAL = /^\s*0x[\da-f]+\s*$/i;

function toNumber(name: string, value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') return failType(`${name} cannot read ${describe(value)} as a number.`);
  if (DECIMAL.test(value) || HEXADECIMAL.test(value)) return Number(value);
  return failValue(`${name} cannot read ${JSON.stringify(value.slice(0, 40))} as a number.`);
}

function toBool(value: unknown): boolean {
  if (typeof value !== 'string') return truthy(value);
  const word = value.trim().toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  if (FALSE_WORDS.has(word)) return false;
  return failValue(
    `bool cannot read ${JSON.stringify(value.slice(0, 40))}; it takes true, false, yes, no, on, off, 1 and 0.`,
  );
}

export const CONVERSION_FUNCTIONS: readonly FunctionEntry[] = [
  {
    name: 'string',
    signature: 'string(value)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The value as text: null is empty, lists and objects are their JSON.',
    example: { expression: 'string(42)', result: '42' },
    call: (value) => (typeof value === 'function' ? failType('string takes a value, not a lambda.') : toText(value)),
  },
  {
    name: 'number',
    signature: 'number(value)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The value as a number; text must be one, true is 1, a date its milliseconds.',
    example: { expression: "number('2.5')", result: 2.5 },
    call: (value) => toNumber('number', value),
  },
  {
    name: 'int',
    signature: 'int(value)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'As number(), without what stands behind the decimal point.',
    example: { expression: "int('7.9')", result: 7 },
    call: (value) => Math.trunc(toNumber('int', value)) + 0,
  },
  {
    name: 'bool',
    signature: 'bool(value)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'True or false; of text the words true, false, yes, no, on, off, 1 and 0, of anything else its truth.',
    example: { expression: "bool('yes')", result: true },
    call: toBool,
  },
  {
    name: 'type_of',
    signature: 'type_of(value)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'null, bool, number, string, list, object, date or bytes.',
    example: { expression: 'type_of([1, 2])', result: 'list' },
    call: typeOf,
  },
  {
    name: 'default',
    signature: 'default(value, other)',
    min: 2,
    max: 2,
    summary: 'The value, or `other` where it is missing or null; the same as `value ?? other`.',
    example: { expression: '{port: null}.port | default(80)', result: 80 },
    call: (value, other) => value ?? other,
  },
];
