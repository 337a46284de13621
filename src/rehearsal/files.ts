import { stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { HeddleError } from '../errors/index.ts';
import { fileError } from '../actions/files/file-error.ts';

/** Where rehearsals are when no file is named. */
export const REHEARSAL_PATTERNS: readonly string[] = ['**/*.rehearsal.{yaml,yml}', '**/rehearsals/**/*.{yaml,yml}'];

/**
 * Files of rehearsals, sorted, absolute, each once. `targets` are files, directories and patterns; none: all below
 * `cwd`. `node_modules` and hidden directories are never looked through.
 *
 * @throws HEDDLE_FILE_NOT_FOUND for a file that does not exist, HEDDLE_USAGE where nothing is found.
 */
export async function findRehearsalFiles(targets: readonly string[], cwd: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const target of targets.length === 0 ? ['.'] : targets) {
    const files = await filesOf(target, cwd);
    if (files.length === 0) {
      throw new HeddleError(
        'HEDDLE_USAGE',
        `No rehearsals found in '${target}': looked for ${REHEARSAL_PATTERNS.join(' and ')}. ` +
          'Name a file, or write one: see docs/testing.md.',
      );
    }
    for (const file of files) found.add(file);
  }
  return [...found].sort();
}

async function filesOf(target: string, cwd: string): Promise<readonly string[]> {
  const absolute = path.resolve(cwd, target);
  try {
    if (!(await stat(absolute)).isDirectory()) return [absolute];
  } catch (cause) {
    // A name that exists wins over its meaning as a pattern.
    if (isDynamicPattern(target)) return find([target], cwd);
    throw await fileError(absolute, cause);
  }
  // From inside of a directory called rehearsals its name is not seen.
  const isInside = path.relative(cwd, absolute).split(path.sep).includes('rehearsals');
  return find(isInside ? ['**/*.{yaml,yml}'] : REHEARSAL_PATTERNS, absolute);
}

function find(patterns: readonly string[], cwd: string): Promise<readonly string[]> {
  return glob([...patterns], { cwd, absolute: true, ignore: ['**/node_modules/**'], expandDirectories: false });
}
