import { failValue } from '../expression-error.ts';
import type { FunctionEntry } from '../library.ts';
import { expectString } from '../values.ts';
import { backtracksWithoutEnd } from './backtracking.ts';

const MAX_PATTERN_LENGTH = 1000;
const MAX_TEXT_LENGTH = 1_000_000;
const MAX_CACHED = 200;
const FLAGS = /^[imsu]*$/;

const cache = new Map<string, RegExp>();

function compile(name: string, pattern: string, flags: string): RegExp {
  const key = `${flags}/${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (pattern.length > MAX_PATTERN_LENGTH)
    return failValue(`${name} takes patterns of at most ${MAX_PATTERN_LENGTH} characters.`);
  if (!FLAGS.test(flags)) return failValue(`${name} takes the flags i, m, s and u, not ${JSON.stringify(flags)}.`);
  if (backtracksWithoutEnd(pattern)) {
    return failValue(
      `${name} does not run the pattern ${pattern}: a repeated group that itself begins and ends with something repeated ` +
        'can take for ever. Repeat one character class instead, or end the group with fixed text.',
    );
  }
  let compiled: RegExp;
  try {
    compiled = new RegExp(pattern, flags);
  } catch (error) {
    return failValue(`${name} cannot read the pattern: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, compiled);
  return compiled;
}

function execute(name: string, text: unknown, pattern: unknown, flags: unknown): RegExpExecArray | null {
  const subject = expectString(name, text);
  if (subject.length > MAX_TEXT_LENGTH)
    return failValue(`${name} takes text of at most ${MAX_TEXT_LENGTH} characters.`);
  return compile(name, expectString(name, pattern), expectString(name, flags)).exec(subject);
}

export const PATTERN_FUNCTIONS: readonly FunctionEntry[] = [
  {
    name: 'match',
    signature: "match(text, pattern, flags = '')",
    min: 2,
    max: 3,
    owned: true,
    summary: 'Whether the regular expression is found in the text. Patterns that could backtrack for ever are refused.',
    example: { expression: "match('web-12', '^web-[0-9]+$')", result: true },
    call: (text, pattern, flags = '') => execute('match', text, pattern, flags) !== null,
  },
  {
    name: 'capture',
    signature: "capture(text, pattern, flags = '')",
    min: 2,
    max: 3,
    owned: true,
    summary:
      'What the groups of the first match hold: an object where groups are named, else a list; null where nothing matches.',
    example: { expression: "capture('web-12', '(?<kind>[a-z]+)-(?<n>[0-9]+)')", result: { kind: 'web', n: '12' } },
    call: (text, pattern, flags = '') => {
      const found = execute('capture', text, pattern, flags);
      if (found === null) return null;
      if (found.groups === undefined)
        return Array.from(found)
          .slice(1)
          .map((each) => each ?? null);
      return Object.fromEntries(Object.entries(found.groups).map(([key, each]) => [key, each ?? null]));
    },
  },
];
