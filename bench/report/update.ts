import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import type { Verdict } from '../check.ts';
import { rootDirectory } from '../harness/bundle.ts';
import type { Figures } from '../harness/rounds.ts';
import { describeMachine } from './machine.ts';
import { section, table, verdictsTable } from './page.ts';

type Measured = ReadonlyMap<string, Figures>;

const TARGETS = '## Targets';
const FIGURES = '## Figures';
const SECTION = '### ';

/**
 * Replaces what was measured again in docs/performance.md, and adds what is new; the rest of the page, and its charts, stay.
 *
 * @throws where there is no such page
 */
export async function updateReport(measured: Measured, verdicts: readonly Verdict[], rounds: number): Promise<void> {
  const file = path.join(rootDirectory, 'docs', 'performance.md');
  if (!existsSync(file)) throw new Error('there is no docs/performance.md to update: run `npm run bench` once');
  const [head = '', rest = ''] = split(readFileSync(file, 'utf8'), TARGETS);
  const [targets = '', figures = ''] = split(rest, FIGURES);
  const [introduction = '', ...sections] = figures.split(new RegExp(`^${SECTION}`, 'm'));
  const facts = new Map(describeMachine());
  const note = `Measured on ${facts.get('date')} with ${facts.get('heddle')}, ${rounds} rounds.`;
  for (const each of measured.values()) {
    const text = `${section(each).slice(SECTION.length)}\n\n${note}\n\n`;
    const at = sections.findIndex((old) => old.startsWith(`${each.comparison.title}\n`));
    if (at < 0) sections.push(text);
    else sections[at] = text;
  }
  const page = [
    head,
    `${TARGETS}\n\n${withVerdicts(targets, verdicts, measured)}\n\n`,
    `${FIGURES}${introduction}`,
    ...sections.map((each) => `${SECTION}${each.trim()}\n\n`),
  ].join('');
  writeFileSync(file, await format(page, { parser: 'markdown', printWidth: 120, proseWrap: 'preserve' }));
}

function split(text: string, at: string): readonly [string, string] {
  const index = text.indexOf(at);
  if (index < 0) throw new Error(`docs/performance.md has no '${at}'`);
  return [text.slice(0, index), text.slice(index + at.length)];
}

/** The table of targets with the rows that were measured again. */
function withVerdicts(before: string, verdicts: readonly Verdict[], measured: Measured): string {
  const rows = before
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
  for (const fresh of verdictsTable(verdicts, measured)) {
    const at = rows.findIndex(([name]) => name === fresh[0]);
    if (at < 0) rows.push(fresh);
    else rows[at] = fresh;
  }
  return table(rows);
}
