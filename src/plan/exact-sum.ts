/**
 * A sum of numbers without rounding until its end: the same bits whatever order they come in, and however they are
 * divided into parts whose sums are then added. Plain data.
 */
export interface ExactSum {
  /** Numbers added. */
  count: number;
  /** What was added is `high + low + tail + rest`, exactly; each takes what the one before it cannot hold. */
  high: number;
  low: number;
  tail: number;
  /** In units of the smallest number there is; null: nothing. Only where magnitudes differ by 40 digits and more. */
  rest: bigint | null;
  /** The sum of infinities and NaN among the numbers; 0: there are none. */
  special: number;
}

/** Fewer than 2^53 numbers below this cannot add up to more than a number can hold. */
const HUGE = 2 ** 960;

/** The sum of nothing. */
export function emptySum(): ExactSum {
  return { count: 0, high: 0, low: 0, tail: 0, rest: null, special: 0 };
}

/** Adds one number; gives the same sum. */
export function addNumber(sum: ExactSum, value: number): ExactSum {
  sum.count++;
  if (Math.abs(value) < HUGE) addPart(sum, value);
  else if (Number.isFinite(value)) sum.rest = (sum.rest ?? 0n) + unitsOf(value);
  else sum.special += value;
  return sum;
}

/** Adds the numbers of another sum; gives the first. */
export function addSum(sum: ExactSum, other: ExactSum): ExactSum {
  sum.count += other.count;
  addPart(sum, other.high);
  addPart(sum, other.low);
  addPart(sum, other.tail);
  if (other.rest !== null) sum.rest = (sum.rest ?? 0n) + other.rest;
  sum.special += other.special;
  return sum;
}

/** The number nearest to the sum, of two that are equally near the even one; infinities of both signs give NaN. */
export function totalOf({ high, low, tail, rest, special }: ExactSum): number {
  if (special !== 0) return special;
  // One addition rounds correctly; a second would round what is rounded.
  if (tail === 0 && rest === null) return high + low;
  return nearestTo(unitsOf(high) + unitsOf(low) + unitsOf(tail) + (rest ?? 0n));
}

/** Knuth's addition: a sum, and exactly what its rounding has lost. */
function addPart(sum: ExactSum, value: number): void {
  const { high } = sum;
  const rounded = high + value;
  const added = rounded - high;
  const lost = high - (rounded - added) + (value - added);
  sum.high = rounded;
  if (lost !== 0) addLost(sum, lost);
}

function addLost(sum: ExactSum, value: number): void {
  const { low } = sum;
  const rounded = low + value;
  const added = rounded - low;
  const lost = low - (rounded - added) + (value - added);
  sum.low = rounded;
  if (lost !== 0) addTail(sum, lost);
}

function addTail(sum: ExactSum, value: number): void {
  const { tail } = sum;
  const rounded = tail + value;
  const added = rounded - tail;
  const lost = tail - (rounded - added) + (value - added);
  sum.tail = rounded;
  if (lost !== 0) sum.rest = (sum.rest ?? 0n) + unitsOf(lost);
}

/** Binary digits of a fraction, the leading one not among them. */
const FRACTION_BITS = 52;
const FRACTION = (1n << 52n) - 1n;
const EXPONENT = 0x7ffn;
/** The smallest number there is, is 2 to the power of minus this. */
const UNIT_EXPONENT = 1074;
/** Hexadecimal; the 53 bits of a number, and more than one after them. */
const KEPT_DIGITS = 16;

const number = new Float64Array(1);
const bits = new BigUint64Array(number.buffer);

/** A finite number in units of the smallest one. */
function unitsOf(value: number): bigint {
  number[0] = value;
  const all = bits[0] as bigint;
  const fraction = all & FRACTION;
  const exponent = (all >> BigInt(FRACTION_BITS)) & EXPONENT;
  const units = exponent === 0n ? fraction : (fraction | (FRACTION + 1n)) << (exponent - 1n);
  return value < 0 ? -units : units;
}

function nearestTo(units: bigint): number {
  if (units < 0n) return -nearestTo(-units);
  const cut = Math.max(0, units.toString(16).length - KEPT_DIGITS) * 4;
  const kept = units >> BigInt(cut);
  // Of what is cut off it only matters whether it was nothing: Number() then rounds as if it had seen all of it.
  const isExact = kept << BigInt(cut) === units;
  return Number(isExact ? kept : kept | 1n) * 2 ** (cut - UNIT_EXPONENT);
}
