import type { FunctionDocumentation } from '../../src/expression/library.ts';
import { code, heading, table } from './markdown.ts';
import type { RunFunction } from './run-functions.ts';

type Families<Entry> = Readonly<Record<string, readonly Entry[]>>;

/** The page of the functions of the expression language: those that need only their arguments, then those of a run. */
export function functionsPage(pure: Families<FunctionDocumentation>, ofRun: Families<RunFunction>): string {
  const parts = [
    heading('Functions', 'the function table (src/expression/functions/)'),
    'What an expression can call. `value | fn(more)` is `fn(value, more)`. Try them: `heddle eval EXPRESSION`.\n',
  ];
  for (const [title, functions] of Object.entries(pure)) {
    const rows = functions.map(({ signature, summary, example }) => [
      code(signature),
      summary,
      `${code(example.expression)} gives ${code(JSON.stringify(example.result))}`,
    ]);
    parts.push(`## ${title}\n`, table(['function', 'meaning', 'example'], rows));
  }
  for (const [title, functions] of Object.entries(ofRun)) {
    const rows = functions.map(({ signature, summary }) => [code(signature), summary]);
    parts.push(`## ${title}\n`, table(['function', 'meaning'], rows));
  }
  return parts.join('\n');
}
