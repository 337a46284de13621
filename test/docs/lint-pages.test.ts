import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintWorkflow, ruleName, RULES } from '../../src/lint/index.ts';
import { checkWorkflowText } from '../../src/node/load-workflow.ts';
import { parseYaml } from '../../src/workflow/index.ts';

const directory = path.resolve(import.meta.dirname, '../../docs/lint');
const read = (file: string): string => readFileSync(path.join(directory, file), 'utf8');

/** The YAML block below a heading. */
function blockBelow(page: string, heading: string): string {
  return new RegExp(`^## ${heading}\\n+\`\`\`yaml\\n([^]*?)\`\`\``, 'm').exec(page)?.[1] ?? '';
}

function codesFoundIn(text: string): string[] {
  const { workflow, diagnostics } = checkWorkflowText(text, { actions: [] });
  expect(diagnostics).toEqual([]);
  return workflow === null ? [] : lintWorkflow(workflow, parseYaml(text)).map(({ code }) => code);
}

describe('pages of lint rules', () => {
  it('are there for every rule, and for no other', () => {
    const pages = readdirSync(directory).filter((file) => file !== 'README.md');
    expect(pages.sort()).toEqual(RULES.map((rule) => `${ruleName(rule)}.md`).sort());
  });

  it.each(RULES.map((rule) => [ruleName(rule), rule] as const))('%s', (name, { code, level }) => {
    const file = `${name}.md`;
    expect(existsSync(path.join(directory, file))).toBe(true);
    const page = read(file);
    expect(page).toContain(`# ${name}\n\n\`${code}\` · ${level}\n`);
    expect(codesFoundIn(blockBelow(page, 'Found'))).toEqual([code]);
    expect(codesFoundIn(blockBelow(page, 'Instead'))).toEqual([]);
    expect(read('README.md')).toMatch(new RegExp(`^\\| \\[${name}\\]\\(${file}\\) +\\| ${level}`, 'm'));
  });
});
