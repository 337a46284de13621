import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { ERROR_CATALOGUE } from '../../src/errors/index.ts';

const root = path.resolve(import.meta.dirname, '../..');
const CATALOGUE = 'src/errors/catalogue.ts';
const sources = globSync(['src/**/*.ts'], { cwd: root, ignore: ['**/*.test.ts', '**/testing/**', CATALOGUE] });

/** Variables of the environment look like codes and are none. */
const VARIABLES = ['HEDDLE_STOP_POINT', 'HEDDLE_JOURNAL', 'HEDDLE_QUEUE_URL'];

/** Every code that a source file names between quotes, with the files that do. */
function codesInUse(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of sources) {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const [, code = ''] of text.matchAll(/['"`](HEDDLE_[A-Z0-9_]+)['"`]/g)) {
      if (VARIABLES.includes(code)) continue;
      found.set(code, [...(found.get(code) ?? []), file]);
    }
  }
  return found;
}

describe('error codes', () => {
  const catalogue = Object.keys(ERROR_CATALOGUE);
  const used = codesInUse();

  it('are in the catalogue where the source uses them', () => {
    const unknown = [...used].filter(([code]) => !catalogue.includes(code));
    expect(unknown).toEqual([]);
  });

  it('are used in the source where the catalogue lists them', () => {
    expect(catalogue.filter((code) => !used.has(code))).toEqual([]);
  });

  it('say what happened and what to do, each in sentences', () => {
    const incomplete = Object.entries(ERROR_CATALOGUE).filter(
      ([, { title, fix }]) => !/^\S.*\.$/.test(title) || !/^\S.*\.$/.test(fix),
    );
    expect(incomplete).toEqual([]);
  });
});
