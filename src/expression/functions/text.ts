import { failValue } from '../expression-error.ts';
import type { FunctionEntry } from '../library.ts';
import { toText } from '../text.ts';
import { expectInteger, expectList, expectString } from '../values.ts';

function trim(value: unknown, characters?: unknown): string {
  const text = expectString('trim', value);
  if (characters === undefined) return text.trim();
  const cut = new Set(expectString('trim', characters));
  const points = [...text];
  let start = 0;
  let end = points.length;
  while (start < end && cut.has(points[start]!)) start += 1;
  while (end > start && cut.has(points[end - 1]!)) end -= 1;
  return points.slice(start, end).join('');
}

function split(value: unknown, separator?: unknown, limit?: unknown): string[] {
  const text = expectString('split', value);
  if (separator === undefined) return text.trim() === '' ? [] : text.trim().split(/\s+/);
  const between = expectString('split', separator);
  if (limit === undefined) return text.split(between);
  const most = expectInteger('split', limit);
  if (most < 1) return failValue(`split needs a limit of at least 1, not ${most}.`);
  const parts = text.split(between);
  return parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join(between)];
}

export const TEXT_FUNCTIONS: readonly FunctionEntry[] = [
  {
    name: 'lower',
    signature: 'lower(text)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The text in small letters.',
    example: { expression: "lower('Ab')", result: 'ab' },
    call: (text) => expectString('lower', text).toLowerCase(),
  },
  {
    name: 'upper',
    signature: 'upper(text)',
    min: 1,
    max: 1,
    owned: true,
    summary: 'The text in capital letters.',
    example: { expression: "'ab' | upper", result: 'AB' },
    call: (text) => expectString('upper', text).toUpperCase(),
  },
  {
    name: 'trim',
    signature: 'trim(text, characters?)',
    min: 1,
    max: 2,
    owned: true,
    summary: 'The text without white space (or the characters given) at both ends.',
    example: { expression: "trim('  a b ')", result: 'a b' },
    call: trim,
  },
  {
    name: 'split',
    signature: 'split(text, separator?, limit?)',
    min: 1,
    max: 3,
    owned: true,
    summary:
      'The parts of the text between separators (default: white space); with a limit, the last part is the rest.',
    example: { expression: "split('a,b,c', ',')", result: ['a', 'b', 'c'] },
    call: split,
  },
  {
    name: 'join',
    signature: "join(list, separator = '')",
    min: 1,
    max: 2,
    owned: true,
    summary: 'The elements as one text.',
    example: { expression: "join(['a', 1], '-')", result: 'a-1' },
    call: (list, separator = '') => Array.from(expectList('join', list), toText).join(expectString('join', separator)),
  },
  {
    name: 'replace',
    signature: 'replace(text, old, new)',
    min: 3,
    max: 3,
    owned: true,
    summary: 'The text with every `old` replaced by `new`; both are literal text.',
    example: { expression: "replace('a.b.c', '.', '/')", result: 'a/b/c' },
    call: (text, old, fresh) => {
      const replacement = expectString('replace', fresh);
      return expectString('replace', text).replaceAll(expectString('replace', old), () => replacement);
    },
  },
  {
    name: 'starts_with',
    signature: 'starts_with(text, start)',
    min: 2,
    max: 2,
    owned: true,
    summary: 'Whether the text begins so.',
    example: { expression: "starts_with('heddle', 'he')", result: true },
    call: (text, start) => expectString('starts_with', text).startsWith(expectString('starts_with', start)),
  },
  {
    name: 'ends_with',
    signature: 'ends_with(text, end)',
    min: 2,
    max: 2,
    owned: true,
    summary: 'Whether the text ends so.',
    example: { expression: "ends_with('a.json', '.json')", result: true },
    call: (text, end) => expectString('ends_with', text).endsWith(expectString('ends_with', end)),
  },
];
