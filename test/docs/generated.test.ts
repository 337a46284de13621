import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateDocs } from '../../scripts/generate-docs.ts';
import { RUN_FUNCTIONS } from '../../scripts/docs/run-functions.ts';
import { ERROR_CATALOGUE } from '../../src/errors/index.ts';
import { CONTEXT_CALLS, OUTCOME_CALLS, TASK_CALLS } from '../../src/plan/calls.ts';

const root = path.resolve(import.meta.dirname, '../..');
const pages = generateDocs();

describe('generated pages', () => {
  it.each(Object.keys(pages))('%s is what `npm run docs` writes', (file) => {
    expect(readFileSync(path.join(root, file), 'utf8')).toBe(pages[file]);
  });

  it('list every error code once', () => {
    const listed = [...(pages['docs/errors.md'] ?? '').matchAll(/^\| <a id="\w+"><\/a>`(HEDDLE_\w+)`/gm)];
    expect(listed.map(([, code]) => code).sort()).toEqual(Object.keys(ERROR_CATALOGUE).sort());
  });

  it('list every function of a run', () => {
    const documented = Object.values(RUN_FUNCTIONS).map((functions) => functions.map(({ name }) => name).sort());
    expect(documented).toEqual([OUTCOME_CALLS, TASK_CALLS, CONTEXT_CALLS].map((calls) => Object.keys(calls).sort()));
  });
});
