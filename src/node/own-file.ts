import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Absolute path of a file of heddle: `source`, relative to `src/node/`, while it is run from its source, else `built`
 * in the build. Undefined: it is not there, since somebody has put heddle into a bundle of their own.
 */
export function ownFile(source: string, built: string): string | undefined {
  const here = fileURLToPath(import.meta.url);
  const folder = dirname(here);
  if (here.endsWith('.ts')) return join(folder, source);
  // Code that entries share lies one level deeper than they do.
  return [folder, join(folder, '..')].map((each) => join(each, built)).find(existsSync);
}
