import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { checkWorkflow } from '../../src/index.ts';
import { runRehearsalFile } from '../../src/rehearsal/index.ts';
import { exampleConfig, examples } from './example.ts';

const workflows = globSync(['*.yaml'], { cwd: examples }).sort();
const rehearsals = globSync(['rehearsals/*.rehearsal.yaml'], { cwd: examples }).sort();

describe.each(workflows)('%s', (name) => {
  const file = path.join(examples, name);
  const text = readFileSync(file, 'utf8');

  it('begins with the line that tells an editor its schema, and says what it is for', () => {
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/schemas\/workflow\.schema\.json\n/);
    expect(text).toMatch(/^description: \S/m);
  });

  it('has neither mistakes nor warnings', async () => {
    const actions = await (await exampleConfig()).actions();
    expect(checkWorkflow(text, { file, actions })).toEqual([]);
  });
});

describe('rehearsals', { timeout: 30_000 }, () => {
  it('are there for each example', () => {
    const examplesOnly = workflows.filter((name) => name !== 'in-euro.yaml');
    expect(rehearsals).toEqual(examplesOnly.map((name) => `rehearsals/${name.replace('.yaml', '.rehearsal.yaml')}`));
  });

  it.each(rehearsals)('%s holds', async (name) => {
    const actions = await (await exampleConfig()).actions();
    const { diagnostics, problems, reports } = await runRehearsalFile(path.join(examples, name), { actions });
    expect({ diagnostics, problems }).toEqual({ diagnostics: [], problems: [] });
    expect(reports.length).toBeGreaterThan(0);
    expect(reports.filter(({ passed }) => !passed)).toEqual([]);
  });
});
