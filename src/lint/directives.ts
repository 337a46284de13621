import { nearest } from '../errors/nearest.ts';
import { readComments } from '../format/index.ts';
import type { Diagnostic, YamlDocument } from '../workflow/index.ts';

/** What the comments of a file say to the linter. */
export interface Directives {
  /** Whether a comment silences a rule at a line. */
  isSilenced(rule: string, line: number): boolean;
  /** Comments that say something that means nothing. */
  readonly diagnostics: readonly Diagnostic[];
}

const DIRECTIVE = /^#\s*heddle-lint-([\w-]+)\s*(.*)$/;

/**
 * Reads `# heddle-lint-disable-next-line RULE, RULE -- why`, which is about the next line that is neither blank nor a
 * comment, and `# heddle-lint-disable RULE`, which is about the file. Without a rule, all of them.
 */
export function readDirectives(document: YamlDocument, rules: readonly string[]): Directives {
  const inFile: string[][] = [];
  const byLine = new Map<number, string[][]>();
  const diagnostics: Diagnostic[] = [];
  const lines = document.text.split(/\r\n?|\n/);
  for (const { text, offset, isAlone } of readComments(document.text)) {
    const [, verb, rest = ''] = DIRECTIVE.exec(text) ?? [];
    if (verb === undefined) continue;
    const say = (message: string, word: string, suggestion?: string): void => {
      const start = offset + Math.max(text.indexOf(word), 0);
      const finding = { code: 'HEDDLE_LINT_DIRECTIVE', severity: 'warning', message } as const;
      const near = suggestion === undefined ? {} : { suggestion };
      diagnostics.push(document.diagnoseRange({ ...finding, ...near }, { start, end: start + word.length }));
    };
    const names = (rest.split(/(?:^|\s)--(?:\s|$)/, 1)[0] ?? '').split(/[,\s]+/).filter((name) => name !== '');
    for (const name of names) {
      if (!rules.includes(name)) say(`There is no lint rule '${name}'.`, name, nearest(name, rules));
    }
    if (verb === 'disable') inFile.push(names);
    else if (verb === 'disable-next-line' && isAlone) {
      let line = document.positionAt(offset).line + 1;
      while (line <= lines.length && /^\s*(#|$)/.test(lines[line - 1] ?? '')) line++;
      byLine.set(line, [...(byLine.get(line) ?? []), names]);
    } else {
      const word = `heddle-lint-${verb}`;
      const message = isAlone
        ? `'${word}' means nothing.`
        : `'${word}' stands behind something; it needs a line of its own.`;
      say(message, word, isAlone ? nearest(word, ['heddle-lint-disable', 'heddle-lint-disable-next-line']) : undefined);
    }
  }
  const names = (lists: readonly (readonly string[])[], rule: string): boolean =>
    lists.some((list) => list.length === 0 || list.includes(rule));
  return { isSilenced: (rule, line) => names(inFile, rule) || names(byLine.get(line) ?? [], rule), diagnostics };
}
