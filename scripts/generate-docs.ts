/**
 * Writes the pages of docs/ that come from the code.
 * Run: node --import jiti/register scripts/generate-docs.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { BUILTIN_ACTIONS } from '../src/actions/builtins.ts';
import { FUNCTION_FAMILIES } from '../src/expression/functions/index.ts';
import { actionsPage } from './docs/actions-page.ts';
import { errorsPage } from './docs/errors-page.ts';
import { functionsPage } from './docs/functions-page.ts';
import { RUN_FUNCTIONS } from './docs/run-functions.ts';

/** Every generated page's text by its path from the root of the project. */
export function generateDocs(): Record<string, string> {
  const catalogue = readFileSync(new URL('../src/errors/catalogue.ts', import.meta.url), 'utf8');
  return {
    'docs/actions.md': actionsPage(BUILTIN_ACTIONS),
    'docs/errors.md': errorsPage(catalogue),
    'docs/functions.md': functionsPage(FUNCTION_FAMILIES, RUN_FUNCTIONS),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [path, text] of Object.entries(generateDocs()))
    writeFileSync(new URL(`../${path}`, import.meta.url), text);
}
