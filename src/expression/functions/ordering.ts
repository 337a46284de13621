import { failType } from '../expression-error.ts';
import { compare } from '../operators.ts';
import { describe } from '../values.ts';

/** The order of sorting: numbers, strings or dates among themselves, false before true, nulls last. */
export function compareValues(name: string, left: unknown, right: unknown): number {
  const leftNull = left === null || left === undefined;
  const rightNull = right === null || right === undefined;
  if (leftNull || rightNull) return Number(leftNull) - Number(rightNull);
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  const sortable =
    typeof left === typeof right && (typeof left === 'number' || typeof left === 'string' || left instanceof Date);
  if (!sortable) return failType(`${name} cannot order ${describe(left)} and ${describe(right)}.`);
  return compare(left, right);
}
