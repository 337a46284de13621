import type { Call, Rule } from './call.ts';
import {
  atom,
  binaryCode,
  callCode,
  conditionalCode,
  indexCode,
  listCode,
  literalCode,
  notCode,
  otherwiseCode,
  textOf,
  type Code,
} from './code.ts';
import { formatCode, getCode, isType, itemsCode, one, same, STACKSTORM } from './common-functions.ts';
import { javascriptPattern } from './python-pattern.ts';

/** `name(list, element => …)`; without a lambda `bare(list)`. */
function over(name: string, type: Code['type'] = 'list', bare?: string, extra: readonly Code[] = []): Rule {
  return (call) => {
    const list = call.atMost(2).code(0);
    if (call.count === 1)
      return bare === undefined ? call.fail(`${call.name}() lacks what to do`) : callCode(bare, [list], type);
    const lambda = call.translator.lambda(list, call.source(1));
    const keepsPairs = name === 'filter' || name === 'sort_by' || name === 'unique_by';
    return {
      ...callCode(name, [list, lambda, ...extra], type),
      ...(keepsPairs && list.pairs === true ? { pairs: true } : {}),
    };
  };
}

const isDollar = (call: Call, index: number): boolean => {
  const source = call.source(index);
  return source.kind === 'dollar' && source.name === '';
};

const RULES: Readonly<Record<string, Rule>> = {
  // Values
  str: one('string', 'text'),
  int: one('int', 'number'),
  float: one('number', 'number'),
  bool: one('bool', 'bool'),
  len: one('length', 'number'),
  coalesce: (call) => call.codes().reduce((left, right) => otherwiseCode(left, right)),
  switch: (call) => {
    const cases = call.named.map(({ name, value }) => ({
      test: call.translator.translate(name),
      then: call.translator.translate(value),
    }));
    return cases.reduceRight<Code>((otherwise, { test, then }, index) => {
      const before = cases[index - 1]?.test;
      const isLast = index === cases.length - 1;
      const isElse = test.literal === true || (isLast && before !== undefined && areContrary(before, test));
      return isElse ? then : conditionalCode(test, then, otherwise);
    }, literalCode(null));
  },
  isString: (call) => isType(call.code(0), 'string'),
  isInteger: (call) => isType(call.code(0), 'number'),
  isNumber: (call) => isType(call.code(0), 'number'),
  isBoolean: (call) => isType(call.code(0), 'bool'),
  isList: (call) => isType(call.code(0), 'list'),
  isDict: (call) => isType(call.code(0), 'object'),
  isEmpty: (call) => notCode(call.code(0)),
  random: (call) => {
    if (call.count === 0) return callCode('random', [], 'number');
    const [from = literalCode(0), to = from] = call.atMost(2).codes();
    const [low, high] = [from.literal, to.literal];
    const isKnown = typeof low === 'number' && typeof high === 'number';
    const size = isKnown ? literalCode(high - low + 1) : atom(`(${to.text} - ${from.text} + 1)`);
    return binaryCode('+', callCode('floor', [binaryCode('*', atom('random()'), size)]), from, 'number');
  },

  // Numbers
  abs: one('abs', 'number'),
  round: same('round', 2, 'number'),
  max: (call) => callCode('max', call.atMost(2).codes()),
  min: (call) => callCode('min', call.atMost(2).codes()),
  sum: (call) => {
    const sum = callCode('sum', [call.atMost(2).code(0)], 'number');
    return call.count === 1 ? sum : binaryCode('+', call.code(1), sum, 'number');
  },

  // Text
  toLower: one('lower', 'text'),
  toUpper: one('upper', 'text'),
  trim: same('trim', 2, 'text'),
  norm: (call) => binaryCode('or', callCode('trim', [call.atMost(1).code(0)], 'text'), literalCode(null)),
  startsWith: same('starts_with', 2, 'bool'),
  endsWith: same('ends_with', 2, 'bool'),
  replace: (call) => {
    const pairs = call.option(1, 'replacements');
    if (call.count !== 2) return callCode('replace', call.atMost(3).codes(), 'text');
    if (pairs?.kind !== 'dict' && !(pairs?.kind === 'call' && pairs.name === 'dict'))
      return call.fail('replace() with a computed dictionary has no counterpart');
    const entries = pairs.kind === 'dict' ? pairs.entries : pairs.named;
    return entries.reduce<Code>((text, { name, value }) => {
      const old = literalCode(call.translator.key(name));
      return callCode('replace', [text, old, call.translator.translate(value)], 'text');
    }, call.code(0));
  },
  split: (call) => {
    const [text, separator, limit] = call.atMost(3).codes();
    const parts = [text, separator, typeof limit?.literal === 'number' ? literalCode(limit.literal + 1) : limit];
    return callCode(
      'split',
      parts.filter((part) => part !== undefined),
      'list',
    );
  },
  join: (call) => {
    const [first, second] = call.atMost(2).codes();
    if (first === undefined || second === undefined) return call.fail('join() wants a list and a separator');
    const swapped = first.type === 'text' && second.type !== 'text';
    return callCode('join', swapped ? [second, first] : [first, second], 'text');
  },
  substring: (call) => {
    const [text, start, length] = call.atMost(3).codes();
    if (text === undefined || start === undefined) return call.fail('substring() wants a start');
    if (length === undefined || length.literal === -1) return callCode('slice', [text, start], 'text');
    const [from, size] = [start.literal, length.literal];
    const end =
      typeof from === 'number' && typeof size === 'number' ? literalCode(from + size) : binaryCode('+', start, length);
    return callCode('slice', [text, start, end], 'text');
  },
  concat: (call) =>
    call
      .codes()
      .map(textOf)
      .reduce((left, right) => binaryCode('+', left, right, 'text')),
  format: (call) => {
    const format = call.source(0);
    if (format.kind === 'literal' && typeof format.value === 'string') return formatCode(call, format.value);
    if (format.kind === 'call' && format.name === 'now') return callCode('format_date', call.atMost(2).codes(), 'text');
    return call.fail('format() has a counterpart only of a text that is known before a run');
  },
  toCharArray: (call) => call.fail('there is no counterpart for toCharArray()'),
  now: (call) => {
    call.remark('now() is a text here, not a date; format_date() and parse_date() work on it');
    return callCode('now', [], 'text');
  },

  zip: same('zip', 10, 'list'),

  // Patterns
  matches: (call) => patternCode(call, call.code(0), 1),

  // Lists
  list: (call) => {
    const items = call.codes();
    const [only] = items;
    return items.length === 1 && only?.type === 'list' && call.source(0).kind !== 'list' ? only : listCode(items);
  },
  flatten: (call) => callCode('flat', [call.code(0), literalCode(100)], 'list'),
  select: (call) => {
    const list = call.atMost(2).code(0);
    const body = call.source(1);
    return callCode(
      'map',
      [list, call.translator.lambdaOver(list, () => call.translator.translateValue(body))],
      'list',
    );
  },
  where: over('filter'),
  filter: over('filter'),
  selectMany: (call) => callCode('flat', [over('map')(call)], 'list'),
  first: (call) => endCode(call, 0),
  last: (call) => endCode(call, -1),
  single: (call) => indexCode(call.atMost(1).code(0), literalCode(0)),
  any: over('any', 'bool', 'any'),
  all: over('all', 'bool', 'all'),
  distinct: over('unique_by', 'list', 'unique'),
  orderBy: (call) => (isDollar(call, 1) ? callCode('sort', [call.code(0)], 'list') : over('sort_by')(call)),
  orderByDescending: (call) =>
    isDollar(call, 1)
      ? callCode('reversed', [callCode('sort', [call.code(0)])], 'list')
      : over('sort_by', 'list', undefined, [literalCode('desc')])(call),
  reverse: one('reversed', 'list'),
  take: (call) => callCode('first', call.atMost(2).codes(), 'list'),
  limit: (call) => callCode('first', call.atMost(2).codes(), 'list'),
  skip: (call) => callCode('slice', call.atMost(2).codes(), 'list'),
  slice: (call) => call.fail('slice() of YAQL cuts a list into parts; there is no counterpart'),
  append: (call) => callCode('flat', [listCode([call.code(0), listCode(call.codes(1))])], 'list'),
  contains: (call) => binaryCode('in', call.atMost(2).code(1), call.code(0), 'bool'),
  count: one('length', 'number'),
  range: same('range', 3, 'list'),
  sequence: (call) => call.fail('sequence() has no end and no counterpart'),
  enumerate: (call) => callCode('map', [call.atMost(1).code(0), '(x, i) => [i, x]'], 'list'),
  groupBy: (call) => {
    const list = call.atMost(3).code(0);
    const groups = itemsCode(callCode('group_by', [list, call.translator.lambda(list, call.source(1))], 'object'));
    call.remark('groupBy() gives texts as keys');
    if (call.count === 2) return groups;
    const inner = atom('group.value', 'list');
    const value = call.translator.lambda(list, call.source(2));
    return callCode('map', [groups, `group => [group.key, ${callCode('map', [inner, value]).text}]`], 'list');
  },
  toDict: (call) => {
    const list = call.atMost(3).code(0);
    const pair = call.translator.lambdaOver(list, () =>
      listCode([call.code(1), call.count === 3 ? call.code(2) : atom(call.translator.elementName(list))]),
    );
    return callCode('from_entries', [callCode('map', [list, pair])], 'object');
  },

  // Dictionaries
  dict: (call) => {
    if (call.count === 0) return call.translator.dict(call.named);
    return callCode('from_entries', [call.atMost(1).code(0)], 'object');
  },
  keys: one('keys', 'list'),
  values: one('values', 'list'),
  items: (call) => itemsCode(call.atMost(1).code(0)),
  get: (call) => {
    const [object, key, other] = call.atMost(3).codes();
    if (object === undefined || key === undefined) return call.fail('get() wants a key');
    return getCode(object, key, other);
  },
  set: (call) => {
    const changes = call.count === 2 ? [call.code(1)] : [];
    if (call.count === 3) changes.push(call.translator.dict([{ name: call.source(1), value: call.source(2) }]));
    if (call.named.length > 0) changes.push(call.translator.dict(call.named));
    return callCode('merge', [call.code(0), ...changes], 'object');
  },
  mergeWith: (call) => {
    call.remark('mergeWith() goes into dictionaries of dictionaries; merge() replaces them');
    return callCode('merge', call.atMost(2).codes(), 'object');
  },
  delete: (call) => callCode('omit', call.codes(), 'object'),
  deleteAll: (call) => callCode('omit', call.codes(), 'object'),
  containsKey: (call) => binaryCode('in', call.atMost(2).code(1), call.code(0), 'bool'),
  containsValue: (call) => binaryCode('in', call.atMost(2).code(1), callCode('values', [call.code(0)]), 'bool'),
};

/** Whether one condition says that the other does not hold. */
function areContrary(left: Code, right: Code): boolean {
  return notCode(left).text === right.text || notCode(right).text === left.text;
}

/** Methods of `regex(pattern)`. */
const REGEX: Readonly<Record<string, Rule>> = {
  matches: (call) => regexOf(call, (pattern) => pattern(call.code(1))),
};

/** A function, or a method with its receiver as the first argument; `?.` before it lets the receiver be null. */
export function yaqlFunction(call: Call, optional = false): Code | undefined {
  const receiver = call.items[0];
  const isRegex = receiver?.kind === 'call' && receiver.name === 'regex';
  const table = isRegex ? REGEX : RULES;
  const rule = Object.hasOwn(table, call.name) ? table[call.name] : STACKSTORM.get(call.name);
  if (rule === undefined) return undefined;
  const code = rule(call);
  if (!optional) return code;
  const object = call.code(0);
  return conditionalCode(binaryCode('==', object, literalCode(null)), literalCode(null), code);
}

function endCode(call: Call, index: number): Code {
  const list = call.atMost(2).code(0);
  const element = { ...indexCode(list, literalCode(index)), ...(list.pairs === true ? { pairs: true } : {}) };
  return call.count === 1 ? element : otherwiseCode(element, call.code(1));
}

function patternCode(call: Call, text: Code, index: number): Code {
  const { pattern, flags } = javascriptPattern(call, call.text(index));
  const parts = [text, literalCode(pattern), ...(flags === '' ? [] : [literalCode(flags)])];
  return callCode('match', parts, 'bool');
}

function regexOf(call: Call, use: (match: (text: Code) => Code) => Code): Code {
  const receiver = call.source(0);
  if (receiver.kind !== 'call' || receiver.name !== 'regex') {
    return call.fail(`${call.name}() has a counterpart only of regex('…')`);
  }
  const regex = call.translator.callOf(receiver.name, receiver);
  return use((text) => patternCode(regex, text, 0));
}
