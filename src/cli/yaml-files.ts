import { statSync } from 'node:fs';
import path from 'node:path';
import { readWorkflowText } from '../node/workflow-file.ts';
import { UsageError } from './error-report.ts';
import { readStdin } from './mapping-file.ts';
import type { Terminal } from './terminal.ts';

/** What a YAML file is, as far as its first look tells. */
export type YamlKind = 'workflow' | 'rehearsal' | 'other';

/** A file that was named, or found in a directory or by a pattern. */
export interface YamlFile {
  /** As it is shown. */
  readonly name: string;
  /** Absolute; undefined for standard input. */
  readonly path: string | undefined;
  /** Whether somebody named just this file. */
  readonly isNamed: boolean;
}

const EXTENSION = /\.ya?ml$/i;
const IGNORED = ['**/node_modules/**', '**/.git/**'];

/**
 * The YAML files that arguments mean: files, directories (everything below them), quoted patterns, `-` for standard
 * input. Each once, in the order of the arguments; no argument is the working directory. Files of other kinds that a
 * directory or a pattern holds are not looked at; one that is named is told about.
 *
 * @throws HEDDLE_USAGE where a pattern matches nothing
 */
export async function findYamlFiles(args: readonly string[], terminal: Terminal): Promise<YamlFile[]> {
  const files = new Map<string, YamlFile>();
  const add = (name: string, isNamed: boolean): void => {
    const absolute = path.resolve(terminal.cwd, name);
    const known = files.get(absolute);
    if (known === undefined || isNamed) files.set(absolute, { name: known?.name ?? name, path: absolute, isNamed });
  };
  for (const arg of args.length === 0 ? ['.'] : args) {
    if (arg === '-') files.set('-', { name: '<stdin>', path: undefined, isNamed: true });
    else if (isDirectory(path.resolve(terminal.cwd, arg))) {
      for (const file of await matching(`${escaped(arg)}/**/*.{yaml,yml}`, terminal)) add(file, false);
    } else if (/[*?[\]{}()!]/.test(arg)) {
      const found = await matching(arg, terminal);
      if (found.length === 0) throw new UsageError(`no file matches '${arg}'`);
      for (const file of found) if (EXTENSION.test(file)) add(file, false);
    } else if (EXTENSION.test(arg)) add(arg, true);
    else terminal.err.line(`${arg} is no YAML file (.yaml, .yml) and is left out.`);
  }
  return [...files.values()];
}

/**
 * The text of a file.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE
 */
export async function readYamlFile(file: YamlFile, terminal: Terminal): Promise<string> {
  return file.path === undefined ? readStdin(terminal) : readWorkflowText(file.path);
}

/** A workflow has tasks, or everything below `workflow:`; a rehearsal names its workflow. */
export function kindOf(text: string): YamlKind {
  if (/^workflow:[ \t]*[^\s#]/m.test(text)) return 'rehearsal';
  return /^(\uFEFF?tasks|workflow)[ \t]*:/m.test(text) || /^\s*\{[^]*\btasks\b/.test(text) ? 'workflow' : 'other';
}

function isDirectory(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function matching(pattern: string, { cwd }: Terminal): Promise<string[]> {
  const { glob } = await import('tinyglobby');
  const found = await glob([pattern], { cwd, ignore: IGNORED, expandDirectories: false });
  return found.sort();
}

/** A path whose characters mean themselves in a pattern. */
function escaped(directory: string): string {
  const trimmed = directory.replaceAll('\\', '/').replace(/\/+$/, '');
  return trimmed.replaceAll(/[*?[\]{}()!@+|]/g, '\\$&') || '/';
}
