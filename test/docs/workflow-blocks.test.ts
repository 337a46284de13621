import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkWorkflow } from '../../src/index.ts';
import { workflowBlocks, yamlBlocks } from './yaml-blocks.ts';

// Paths in the examples of the documentation are those of the workflows in workflows/.
const file = path.resolve(import.meta.dirname, '../../workflows/example.yaml');

describe('workflows in the documentation', () => {
  const blocks = workflowBlocks();

  it('are found', () => {
    expect(blocks.filter(({ place }) => place.startsWith('README.md')).length).toBeGreaterThan(0);
  });

  it.each(blocks)('$place has no mistake', ({ text }) => {
    const mistakes = checkWorkflow(text, { file }).filter(({ severity }) => severity === 'error');
    expect(mistakes.map(({ code, line, message }) => `${line}: ${code} ${message}`)).toEqual([]);
  });
});

describe('yamlBlocks', () => {
  it('gives each block with the line it starts at, without the margin of a list', () => {
    const page = 'text\n```yaml\na: 1\n```\n- item\n\n  ```yml\n  b:\n    c: 2\n  ```\n```sh\nnpm test\n```\n';
    expect(yamlBlocks('page.md', page)).toEqual([
      { place: 'page.md:3', text: 'a: 1\n' },
      { place: 'page.md:8', text: 'b:\n  c: 2\n' },
    ]);
  });
});
