import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { HeddleError } from '../errors/index.ts';
import { fileError } from '../actions/files/file-error.ts';
import { parseYaml } from '../workflow/index.ts';
import type { Terminal } from './terminal.ts';

/** Options of {@link readMapping}. */
export interface MappingOptions {
  /** What the file is for, in errors: `parameters`. */
  readonly what: string;
}

/**
 * Reads a YAML or JSON file that holds a mapping; `-` is standard input.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE; HEDDLE_FILE_INVALID where it is no mapping.
 */
export async function readMapping(
  file: string,
  terminal: Terminal,
  { what }: MappingOptions,
): Promise<Record<string, unknown>> {
  const source = await readText(file, terminal);
  const name = file === '-' ? '<stdin>' : file;
  const document = parseYaml(source, { file: name });
  const [first] = document.errors;
  if (first !== undefined) {
    const location = { file: name, line: first.line, column: first.column };
    throw new HeddleError('HEDDLE_FILE_INVALID', `The ${what} file is neither YAML nor JSON: ${first.message}`, {
      location,
    });
  }
  const value: unknown = document.value;
  // An empty file is an empty mapping: what a person means who has deleted all entries.
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    const found = Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    throw new HeddleError(
      'HEDDLE_FILE_INVALID',
      `The ${what} file ${name} must hold a mapping of names to values, but it holds ${found}.`,
    );
  }
  return value as Record<string, unknown>;
}

/** All of standard input. */
export async function readStdin({ stdin }: Terminal): Promise<string> {
  const { text } = await import('node:stream/consumers');
  return text(stdin);
}

/**
 * Reads a text file from the working directory; `-` is standard input.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE
 */
export async function readText(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return readStdin(terminal);
  const place = path.resolve(terminal.cwd, file);
  try {
    return await readFile(place, 'utf8');
  } catch (error) {
    throw await fileError(file, error);
  }
}
