import { HeddleError } from '../../errors/index.ts';
import type { Node } from '../ast.ts';
import { findFunction } from '../functions/index.ts';

type Values = Readonly<Record<string, unknown>>;

/** Ends a chain at `?.`. */
const ENDED = Symbol('ended');

function fail(code: string): never {
  throw new HeddleError(code, code);
}

function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function equal(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const [a, b] = [left as Values, right as Values];
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

function read(value: unknown, key: unknown): unknown {
  if (value === null) return undefined;
  if (typeof key !== 'string' && typeof key !== 'number') return fail('HEDDLE_EXPRESSION_TYPE');
  if (typeof key === 'number' && !Number.isInteger(key)) return fail('HEDDLE_EXPRESSION_TYPE');
  if (typeof value === 'string' || Array.isArray(value)) {
    if (key === 'length') return value.length;
    return typeof key === 'number' ? (value as unknown[]).at(key) : undefined;
  }
  return typeof value === 'object' && Object.hasOwn(value, key) ? (value as Values)[key] : undefined;
}

function binary(operator: string, a: unknown, b: unknown): unknown {
  if (operator === '==') return equal(a, b);
  if (operator === '!=') return !equal(a, b);
  if (operator === 'in' || operator === 'not in') return contains(a, b) === (operator === 'in');
  const areNumbers = typeof a === 'number' && typeof b === 'number';
  const areStrings = typeof a === 'string' && typeof b === 'string';
  if (['<', '<=', '>', '>='].includes(operator)) {
    if (!areNumbers && !areStrings) return fail('HEDDLE_EXPRESSION_TYPE');
    return operator === '<' ? a < b : operator === '<=' ? a <= b : operator === '>' ? a > b : a >= b;
  }
  if (operator === '+' && areStrings) return a + b;
  if (!areNumbers) {
    return fail(typeof a === 'number' && b === 0 ? 'HEDDLE_EXPRESSION_VALUE' : 'HEDDLE_EXPRESSION_TYPE');
  }
  if ((operator === '/' || operator === '%') && b === 0) return fail('HEDDLE_EXPRESSION_VALUE');
  return operator === '+'
    ? a + b
    : operator === '-'
      ? a - b
      : operator === '*'
        ? a * b
        : operator === '/'
          ? a / b
          : a % b;
}

function contains(needle: unknown, haystack: unknown): boolean {
  if (typeof haystack === 'string')
    return typeof needle === 'string' ? haystack.includes(needle) : fail('HEDDLE_EXPRESSION_TYPE');
  if (Array.isArray(haystack)) return haystack.some((each) => equal(each, needle));
  if (typeof haystack !== 'object' || haystack === null) return fail('HEDDLE_EXPRESSION_TYPE');
  if (typeof needle !== 'string' && typeof needle !== 'number') return fail('HEDDLE_EXPRESSION_TYPE');
  return Object.hasOwn(haystack, needle);
}

function chain(node: Node, values: Values): unknown {
  if (node.type === 'name') return Object.hasOwn(values, node.name) ? values[node.name] : fail('HEDDLE_MISSING');
  if (node.type !== 'member' && node.type !== 'index') return naiveEvaluate(node, values);
  const object = chain(node.object, values);
  if (object === ENDED || (node.optional && object === null)) return ENDED;
  const found = read(object, node.type === 'member' ? node.name : naiveEvaluate(node.index, values));
  if (found === undefined) return node.optional ? ENDED : fail('HEDDLE_MISSING');
  return found;
}

/** Evaluates by walking the tree, as plainly as possible: what compiled expressions are compared with. */
export function naiveEvaluate(node: Node, values: Values): unknown {
  switch (node.type) {
    case 'literal':
      return node.value;
    case 'name':
    case 'member':
    case 'index': {
      const found = chain(node, values);
      return found === ENDED ? null : found;
    }
    case 'unary': {
      const value = naiveEvaluate(node.operand, values);
      if (node.operator === 'not') return !isTrue(value);
      return typeof value === 'number' ? -value : fail('HEDDLE_EXPRESSION_TYPE');
    }
    case 'binary': {
      const left = naiveEvaluate(node.left, values);
      return binary(node.operator, left, naiveEvaluate(node.right, values));
    }
    case 'logical': {
      if (node.operator === '??') return coalesce(node.left, node.right, values);
      const left = naiveEvaluate(node.left, values);
      return isTrue(left) === (node.operator === 'and') ? naiveEvaluate(node.right, values) : left;
    }
    case 'conditional':
      return naiveEvaluate(isTrue(naiveEvaluate(node.test, values)) ? node.then : node.otherwise, values);
    case 'list':
      return node.items.map((item) => naiveEvaluate(item, values));
    case 'object':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, naiveEvaluate(value, values)]));
    case 'lambda':
      return (...given: unknown[]) =>
        naiveEvaluate(node.body, {
          ...values,
          ...Object.fromEntries(node.parameters.map(({ name }, index) => [name, given[index]])),
        });
    case 'call': {
      const [first, second] = node.arguments;
      if (node.name === 'default') return coalesce(first!, second!, values);
      return findFunction(node.name)!.call(...node.arguments.map((each) => naiveEvaluate(each, values)));
    }
  }
}

function coalesce(left: Node, right: Node, values: Values): unknown {
  try {
    const found = naiveEvaluate(left, values);
    if (found !== null) return found;
  } catch (error) {
    if (!(error instanceof HeddleError) || error.code !== 'HEDDLE_MISSING') throw error;
  }
  return naiveEvaluate(right, values);
}
