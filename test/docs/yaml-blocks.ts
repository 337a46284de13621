import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';

const root = path.resolve(import.meta.dirname, '../..');

/** A fenced YAML block of a page. */
export interface YamlBlock {
  /** `docs/guide.md:42`, the line of its first character. */
  readonly place: string;
  readonly text: string;
}

/** The `yaml` blocks of the README and of docs/ that are whole workflows. */
export function workflowBlocks(): YamlBlock[] {
  const pages = ['README.md', ...globSync(['docs/**/*.md'], { cwd: root }).sort()];
  return pages.flatMap((page) => yamlBlocks(page, readFileSync(path.join(root, page), 'utf8'))).filter(isWorkflow);
}

/** All `yaml` blocks of a page; a fence may be indented, as in a list, and its block is then read without that margin. */
export function yamlBlocks(page: string, markdown: string): YamlBlock[] {
  const blocks: YamlBlock[] = [];
  let open: { margin: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open === undefined) {
      const margin = /^(\s*)```ya?ml\b/.exec(line)?.[1];
      if (margin !== undefined) open = { margin, line: index + 2, lines: [] };
    } else if (line.trim() === '```') {
      blocks.push({ place: `${page}:${open.line}`, text: open.lines.join('\n') + '\n' });
      open = undefined;
    } else {
      open.lines.push(line.startsWith(open.margin) ? line.slice(open.margin.length) : line);
    }
  }
  return blocks;
}

/** A rehearsal names its workflow (`workflow: deploy.yaml`) and may have `tasks:` of its own. */
function isWorkflow({ text }: YamlBlock): boolean {
  return /^(tasks:|workflow:\s*$)/m.test(text) && !/^workflow: *\S/m.test(text);
}
