import { ERROR_CATALOGUE, type ErrorEntry } from '../../src/errors/index.ts';
import { code, heading, table } from './markdown.ts';

/**
 * The page of all error codes. `source` is the text of src/errors/catalogue.ts, whose one-line comments name the groups.
 */
export function errorsPage(source: string): string {
  const catalogue: Readonly<Record<string, ErrorEntry>> = ERROR_CATALOGUE;
  const parts = [
    heading('Errors', 'src/errors/catalogue.ts'),
    'Every error and every diagnostic has one of these codes, and a message that names what was found and where.\n',
  ];
  for (const { title, codes } of groups(source)) {
    const rows = codes.map((name) => [
      `<a id="${name.toLowerCase()}"></a>${code(name)}`,
      catalogue[name]?.title ?? '',
      catalogue[name]?.fix ?? '',
    ]);
    parts.push(`## ${title}\n`, table(['code', 'what happened', 'how to fix it'], rows));
  }
  return parts.join('\n');
}

interface Group {
  readonly title: string;
  readonly codes: string[];
}

function groups(source: string): Group[] {
  const found: Group[] = [];
  for (const line of source.split('\n')) {
    const title = /^ {2}\/\/ (.+)$/.exec(line)?.[1];
    if (title !== undefined) found.push({ title, codes: [] });
    const name = /^ {2}(HEDDLE_[A-Z0-9_]+):/.exec(line)?.[1];
    if (name !== undefined) found.at(-1)?.codes.push(name);
  }
  return found;
}
