import type { FunctionDocumentation } from '../../src/expression/library.ts';
import { code, heading, table } from './markdown.ts';

/** The page of the functions of the expression language. */
export function functionsPage(families: Readonly<Record<string, readonly FunctionDocumentation[]>>): string {
  const parts = [
    heading('Functions', 'the function table (src/expression/functions/)'),
    'What an expression can call. `value | fn(more)` is `fn(value, more)`. Try them: `heddle eval EXPRESSION`.\n',
  ];
  for (const [title, functions] of Object.entries(families)) {
    const rows = functions.map(({ signature, summary, example }) => [
      code(signature),
      summary,
      `${code(example.expression)} gives ${code(JSON.stringify(example.result))}`,
    ]);
    parts.push(`## ${title}\n`, table(['function', 'meaning', 'example'], rows));
  }
  return parts.join('\n');
}
