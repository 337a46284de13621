import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { parseYaml } from '../workflow/index.ts';
import { readComments } from './comments.ts';
import { formatYaml } from './format.ts';
import { arbitraryYaml } from './testing/arbitrary-yaml.ts';

/** A value in which neither the order of keys nor `_` in them counts: what formatting may change. */
function folded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(folded);
  if (typeof value !== 'object' || value === null) return value;
  const pairs = Object.entries(value).map(([key, part]) => [key.replaceAll('_', '-'), folded(part)] as const);
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const comments = (text: string): string[] =>
  readComments(text)
    .map((comment) => comment.text)
    .sort();

test('says the same, keeps every comment, and formatting again changes nothing', () => {
  let formatted = 0;
  fc.assert(
    fc.property(arbitraryYaml, (text) => {
      const source = text.replaceAll('\r\n', '\n');
      const before = parseYaml(source);
      fc.pre(before.errors.length === 0);
      const once = formatYaml(text);
      if (once.diagnostics.length > 0) return expect(once.text).toBe(text);
      formatted++;
      expect(folded(parseYaml(once.text).value)).toEqual(folded(before.value));
      expect(comments(once.text)).toEqual(comments(source));
      expect(formatYaml(once.text)).toEqual({ text: once.text, diagnostics: [] });
      expect(once.text).not.toMatch(/\r|^\n|[^\n]$/);
    }),
    { numRuns: 300 },
  );
  expect(formatted).toBeGreaterThan(150);
});

test('the workflows of the project are formatted, and come out of it as they are', () => {
  const directory = path.resolve(import.meta.dirname, '../../workflows');
  const files = globSync(['**/*.yaml'], { cwd: directory, absolute: true });
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    expect(formatYaml(text)).toEqual({ text, diagnostics: [] });
    expect(formatYaml(text.replaceAll('\n', '\r\n')).text).toBe(text);
  }
});
