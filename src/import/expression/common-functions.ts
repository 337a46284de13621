import {
  ACCESS,
  atom,
  binaryCode,
  callCode,
  indexCode,
  literalCode,
  memberCode,
  notCode,
  otherwiseCode,
  within,
  type Code,
} from './code.ts';
import type { Call, Rule } from './call.ts';
import { javascriptPattern } from './python-pattern.ts';

/** `name(first)` in place of a function of one argument. */
export function one(name: string, type: Code['type'] = 'any'): Rule {
  return (call) => callCode(name, [call.atMost(1).code(0)], type);
}

/** `name(first, second, …)` with up to so many arguments in the same order. */
export function same(name: string, most: number, type: Code['type'] = 'any'): Rule {
  return (call) => callCode(name, call.atMost(most).codes(), type);
}

/** A search for a pattern; `anchor` is what Python's function adds in front of it. */
function matches(anchor: string): Rule {
  return (call) => {
    const flag = call.optionCode(2, 'ignorecase');
    const { pattern, flags } = javascriptPattern(call, call.text(1));
    const caseless = flag?.literal === true && !flags.includes('i') ? `${flags}i` : flags;
    const parts = [call.code(0), literalCode(anchor === '' ? pattern : `${anchor}(?:${pattern})`)];
    return callCode('match', caseless === '' ? parts : [...parts, literalCode(caseless)], 'bool');
  };
}

/** The first text that a pattern finds. */
const substring: Rule = (call) => {
  const index = call.optionCode(2, 'result_index');
  if (index !== undefined && index.literal !== 0) call.fail('only the first match has a counterpart');
  const { pattern, flags } = javascriptPattern(call, call.text(1));
  const groups = pattern.replaceAll(/\\.|\(\?(?!<\w)/g, '').split('(').length - 1;
  if (groups > 1) call.fail('a pattern with several groups has no counterpart here');
  const whole = literalCode(groups === 1 ? pattern : `(${pattern})`);
  const parts = [call.code(0), whole, ...(flags === '' ? [] : [literalCode(flags)])];
  return indexCode(callCode('capture', parts, 'list'), literalCode(0));
};

const baseName: Rule = (call) =>
  indexCode(callCode('split', [call.atMost(1).code(0), literalCode('/')], 'list'), literalCode(-1));

function joinedFolders(parts: Code): Code {
  return callCode('join', [callCode('slice', [parts, literalCode(0), literalCode(-1)]), literalCode('/')], 'text');
}

/** Functions and filters that StackStorm adds to both languages. */
export const STACKSTORM: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['from_json_string', one('parse_json')],
  ['json_parse', one('parse_json')],
  ['to_json_string', (call) => callCode('json', [call.code(0), ...indentOf(call)], 'text')],
  ['json_dump', (call) => callCode('json', [call.code(0), ...indentOf(call)], 'text')],
  ['to_complex', one('json', 'text')],
  ['use_none', (call) => call.atMost(1).code(0)],
  ['regex_match', matches('^')],
  ['regex_search', matches('')],
  ['regex_substring', substring],
  ['basename', baseName],
  ['dirname', (call) => joinedFolders(callCode('split', [call.atMost(1).code(0), literalCode('/')], 'list'))],
]);

function indentOf(call: Call): Code[] {
  const indent = call.optionCode(1, 'indent');
  return indent === undefined || indent.literal === null ? [] : [indent];
}

/** `get(object, key, other)` as a chain that may miss. */
export function getCode(object: Code, key: Code, other: Code | undefined): Code {
  if (typeof key.literal === 'string') {
    const found = memberCode(object, key.literal, true);
    return other === undefined || other.literal === null ? found : otherwiseCode(found, other);
  }
  const found = atom(`${within(object, ACCESS)}?.[${key.text}]`);
  return other === undefined || other.literal === null ? found : otherwiseCode(found, other);
}

/** What `.items()` gives: pairs, which are entries here. */
export function itemsCode(object: Code): Code {
  return { ...callCode('entries', [object], 'list'), pairs: true };
}

/** A list of pairs where they leave the expression, as lists again. */
export function plainPairs(list: Code): Code {
  if (list.pairs !== true) return list;
  return { ...callCode('map', [list, 'e => [e.key, e.value]'], 'list'), entries: list };
}

/** `type_of(value) == 'name'`. */
export function isType(value: Code, ...names: readonly string[]): Code {
  const type = callCode('type_of', [value], 'text');
  const [name] = names;
  if (names.length === 1 && name !== undefined) return binaryCode('==', type, literalCode(name), 'bool');
  return binaryCode('in', type, atom(`[${names.map((each) => literalCode(each).text).join(', ')}]`), 'bool');
}

/** The same or its contrary. */
export function negatedIf(negated: boolean, code: Code): Code {
  return negated ? notCode(code) : code;
}

/** A text with `{}`, `{0}` and `{name}` for arguments, in parts that are added. @throws Untranslatable */
export function formatCode(call: Call, format: string): Code {
  let next = 0;
  const parts: Code[] = [];
  for (const part of format.split(/(\{\{|\}\}|\{[^{}]*\})/)) {
    if (part === '') continue;
    if (part === '{{' || part === '}}') parts.push(literalCode(part.charAt(0)));
    else if (part.startsWith('{')) {
      const name = part.slice(1, -1);
      if (!/^\w*$/.test(name)) call.fail('only {}, {0} and {name} have a counterpart in format()');
      const isIndex = /^\d*$/.test(name);
      const code = isIndex ? call.code(1 + (name === '' ? next++ : Number(name))) : call.optionCode(Infinity, name);
      if (code === undefined) call.fail(`format() lacks '${name}'`);
      parts.push(code.type === 'text' ? code : callCode('string', [code], 'text'));
    } else parts.push(literalCode(part));
  }
  const [first = literalCode(''), ...rest] = parts;
  return rest.reduce((sum, part) => binaryCode('+', sum, part, 'text'), first);
}
