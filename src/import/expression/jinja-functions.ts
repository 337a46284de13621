import type { Source } from './ast.ts';
import type { Call, Rule } from './call.ts';
import { binaryCode, callCode, indexCode, literalCode, memberCode, otherwiseCode, type Code } from './code.ts';
import {
  formatCode,
  getCode,
  isType,
  itemsCode,
  negatedIf,
  one,
  plainPairs,
  same,
  STACKSTORM,
} from './common-functions.ts';

/** A value that may be missing: an unset variable is none in Jinja, and an error in heddle. */
const orNull = (code: Code): Code => otherwiseCode(code, literalCode(null));

const defaultRule: Rule = (call) => {
  const other = call.optionCode(1, 'default_value') ?? literalCode('');
  if (call.optionCode(2, 'boolean')?.literal !== true) return otherwiseCode(call.code(0), other);
  return binaryCode('or', orNull(call.code(0)), other);
};

/** What a test of a filter such as `select('equalto', 1)` says of an element. */
function testCode(call: Call, element: Code, from: number): Code {
  const { translator } = call;
  if (call.count <= from) return element;
  const name = call.text(from);
  const source: Source = { kind: 'word', name: '$', start: call.start, end: call.end };
  return translator.inScope([['$', element]], () => {
    const { start, end } = call;
    return jinjaTest(
      translator.callOf(name, { items: call.items.slice(from + 1), named: [], start, end }, [source]),
      false,
    );
  });
}

/** `select`, `reject`, and with an attribute `selectattr`, `rejectattr`. */
function selecting(hasAttribute: boolean, negated: boolean): Rule {
  return (call) => {
    const list = call.code(0);
    const lambda = call.translator.lambdaOver(list, (element) => {
      const value = hasAttribute ? fieldOf(element, call.text(1)) : element;
      return negatedIf(negated, testCode(call, value, hasAttribute ? 2 : 1));
    });
    return callCode('filter', [list, lambda], 'list');
  };
}

/** `a.b` of an element. */
function fieldOf(element: Code, path: string): Code {
  return path.split('.').reduce((code, name) => memberCode(code, name), element);
}

const mapRule: Rule = (call) => {
  const list = call.code(0);
  const attribute = call.optionCode(Infinity, 'attribute');
  if (attribute !== undefined) {
    if (typeof attribute.literal !== 'string') return call.fail('map() has a counterpart only with a known attribute');
    const path = attribute.literal;
    return callCode('map', [list, call.translator.lambdaOver(list, (element) => fieldOf(element, path))], 'list');
  }
  const name = call.text(1);
  const rule = JINJA_FILTERS.get(name);
  if (rule === undefined) return call.fail(`there is no counterpart for the filter ${name}`);
  const { start, end } = call;
  const element: Source = { kind: 'word', name: '$', start, end };
  const inner = call.translator.callOf(name, { items: call.items.slice(2), named: [], start, end }, [element]);
  return callCode('map', [list, call.translator.lambdaOver(list, () => rule(inner))], 'list');
};

const sortRule: Rule = (call) => {
  const list = call.code(0);
  const attribute = call.optionCode(3, 'attribute')?.literal;
  const isReversed = call.optionCode(1, 'reverse')?.literal === true;
  if (typeof attribute === 'string') {
    const lambda = call.translator.lambdaOver(list, (element) => fieldOf(element, attribute));
    return callCode('sort_by', [list, lambda, ...(isReversed ? [literalCode('desc')] : [])], 'list');
  }
  const sorted = callCode('sort', [list], 'list');
  return isReversed ? callCode('reversed', [sorted], 'list') : sorted;
};

/** A list's elements by a field, or themselves. */
function byAttribute(name: string, index: number, bare: string, type: Code['type'] = 'any'): Rule {
  return (call) => {
    const list = call.code(0);
    const attribute = call.optionCode(index, 'attribute')?.literal;
    if (typeof attribute !== 'string') return callCode(bare, [list], type);
    const lambda = call.translator.lambdaOver(list, (element) => fieldOf(element, attribute));
    return callCode(bare, [callCode(name, [list, lambda])], type);
  };
}

const joinRule: Rule = (call) => {
  const list = call.code(0);
  const attribute = call.optionCode(2, 'attribute')?.literal;
  const separator = call.optionCode(1, 'd') ?? literalCode('');
  if (typeof attribute !== 'string') return callCode('join', [list, separator], 'text');
  const lambda = call.translator.lambdaOver(list, (element) => fieldOf(element, attribute));
  return callCode('join', [callCode('map', [list, lambda]), separator], 'text');
};

const endRule =
  (index: number): Rule =>
  (call) => {
    const list = call.atMost(1).code(0);
    const element = indexCode(list, literalCode(index));
    return list.pairs === true ? { ...element, pairs: true } : element;
  };

/** Filters of Jinja, and of StackStorm. */
export const JINJA_FILTERS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...STACKSTORM,
  ['default', defaultRule],
  ['d', defaultRule],
  ['abs', one('abs', 'number')],
  ['int', (call) => callCode('int', [call.code(0)], 'number')],
  ['float', (call) => callCode('number', [call.code(0)], 'number')],
  ['bool', one('bool', 'bool')],
  ['string', one('string', 'text')],
  ['round', same('round', 2, 'number')],
  ['length', one('length', 'number')],
  ['count', one('length', 'number')],
  ['lower', one('lower', 'text')],
  ['upper', one('upper', 'text')],
  ['trim', same('trim', 2, 'text')],
  ['replace', same('replace', 3, 'text')],
  ['urlencode', one('url_encode', 'text')],
  ['tojson', (call) => callCode('json', [call.code(0)], 'text')],
  ['safe', (call) => call.code(0)],
  ['list', (call) => ({ ...plainPairs(call.code(0)), type: 'list' })],
  ['items', (call) => itemsCode(call.code(0))],
  [
    'dictsort',
    (call) => ({ ...callCode('sort_by', [itemsCode(call.atMost(1).code(0)), "'key'"], 'list'), pairs: true }),
  ],
  ['first', endRule(0)],
  ['last', endRule(-1)],
  ['max', byAttribute('map', 1, 'max')],
  ['min', byAttribute('map', 1, 'min')],
  ['sum', byAttribute('map', 1, 'sum', 'number')],
  ['join', joinRule],
  ['map', mapRule],
  ['sort', sortRule],
  ['unique', (call) => callCode('unique', [call.atMost(1).code(0)], 'list')],
  ['reverse', one('reversed')],
  ['select', selecting(false, false)],
  ['reject', selecting(false, true)],
  ['selectattr', selecting(true, false)],
  ['rejectattr', selecting(true, true)],
  ['wordcount', (call) => callCode('length', [callCode('split', [call.code(0)])], 'number')],
]);

/** Methods that Python's texts, lists and dictionaries have. */
export const JINJA_METHODS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['lower', one('lower', 'text')],
  ['upper', one('upper', 'text')],
  ['strip', same('trim', 2, 'text')],
  ['replace', same('replace', 3, 'text')],
  ['startswith', same('starts_with', 2, 'bool')],
  ['endswith', same('ends_with', 2, 'bool')],
  [
    'split',
    (call) => {
      const [text = call.code(0), separator, limit] = call.atMost(3).codes();
      const most = typeof limit?.literal === 'number' ? [literalCode(limit.literal + 1)] : [];
      return callCode('split', [text, ...(separator === undefined ? [] : [separator]), ...most], 'list');
    },
  ],
  ['splitlines', (call) => callCode('split', [call.code(0), literalCode('\n')], 'list')],
  ['join', (call) => callCode('join', [call.code(1), call.code(0)], 'text')],
  ['format', (call) => formatCode(call, call.text(0))],
  ['keys', one('keys', 'list')],
  ['values', one('values', 'list')],
  ['items', (call) => itemsCode(call.code(0))],
  ['get', (call) => getCode(call.code(0), call.code(1), call.optionCode(2, 'default'))],
]);

/** Functions that Jinja has without StackStorm. */
export const JINJA_FUNCTIONS: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['range', same('range', 3, 'list')],
  ['dict', (call) => call.translator.dict(call.named)],
]);

const comparing = (operator: string) => (call: Call) => binaryCode(operator, call.code(0), call.code(1), 'bool');

const TESTS: Readonly<Record<string, (call: Call) => Code>> = {
  eq: comparing('=='),
  equalto: comparing('=='),
  sameas: comparing('=='),
  ne: comparing('!='),
  lt: comparing('<'),
  lessthan: comparing('<'),
  le: comparing('<='),
  gt: comparing('>'),
  greaterthan: comparing('>'),
  ge: comparing('>='),
  in: comparing('in'),
  string: (call) => isType(call.code(0), 'string'),
  number: (call) => isType(call.code(0), 'number'),
  integer: (call) => isType(call.code(0), 'number'),
  float: (call) => isType(call.code(0), 'number'),
  boolean: (call) => isType(call.code(0), 'bool'),
  mapping: (call) => isType(call.code(0), 'object'),
  sequence: (call) => isType(call.code(0), 'list', 'string', 'object'),
  iterable: (call) => isType(call.code(0), 'list', 'string', 'object'),
  true: (call) => binaryCode('==', call.code(0), literalCode(true), 'bool'),
  false: (call) => binaryCode('==', call.code(0), literalCode(false), 'bool'),
  odd: (call) => binaryCode('!=', binaryCode('%', call.code(0), literalCode(2)), literalCode(0), 'bool'),
  even: (call) => binaryCode('==', binaryCode('%', call.code(0), literalCode(2)), literalCode(0), 'bool'),
  divisibleby: (call) => binaryCode('==', binaryCode('%', call.code(0), call.code(1)), literalCode(0), 'bool'),
  lower: (call) => binaryCode('==', callCode('lower', [call.code(0)]), call.code(0), 'bool'),
  upper: (call) => binaryCode('==', callCode('upper', [call.code(0)]), call.code(0), 'bool'),
};

/** `value is test`, or `is not`. @throws Untranslatable */
export function jinjaTest(call: Call, negated: boolean): Code {
  if (call.name === 'defined' || call.name === 'undefined') {
    const isDefined = (call.name === 'defined') !== negated;
    return binaryCode(isDefined ? '!=' : '==', orNull(call.code(0)), literalCode(null), 'bool');
  }
  if (call.name === 'none') return binaryCode(negated ? '!=' : '==', call.code(0), literalCode(null), 'bool');
  const test = Object.hasOwn(TESTS, call.name) ? TESTS[call.name] : undefined;
  if (test === undefined) return call.fail(`there is no counterpart for the test '${call.name}'`);
  return negatedIf(negated, test(call));
}
