import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Action } from './action.ts';
import { defineAction } from './define-action.ts';
import { fileError } from './files/file-error.ts';
import { parseJson } from './files/json-text.ts';
import { lineItems } from './files/lines.ts';
import { readBlocks } from './files/read-blocks.ts';
import { readText } from './files/read-text.ts';
import { toUtf8 } from './files/text-encoding.ts';
import { appendText, writeAtomically } from './files/write.ts';

const path = {
  type: 'string',
  minLength: 1,
  description: "Path; a relative one starts at the workflow's directory",
} as const;
const encoding = { type: 'string', default: 'utf-8', description: 'utf-8, latin1, utf-16le, …' } as const;
const maxBytes = {
  type: 'integer',
  minimum: 0,
  default: 104_857_600,
  description: 'A larger file is an error',
} as const;
const createDirectories = {
  type: 'boolean',
  default: true,
  description: 'Make the directories that are missing',
} as const;

const written = {
  type: 'object',
  properties: {
    path: { type: 'string', description: 'Absolute path' },
    bytes: { type: 'integer', description: 'How many were written' },
  },
  required: ['path', 'bytes'],
} as const;

const readTextAction = defineAction({
  name: 'file.read_text',
  description: 'Reads a text file',
  input: {
    type: 'object',
    properties: { path, encoding, 'max-bytes': maxBytes },
    required: ['path'],
    additionalProperties: false,
  },
  output: { type: 'string' },
  run: (input, { cwd, signal }) =>
    readText(resolve(cwd, input.path), { ...input, maxBytes: input['max-bytes'], signal }),
});

const readJson = defineAction({
  name: 'file.read_json',
  description: 'Reads a JSON file; the result is its value',
  input: {
    type: 'object',
    properties: { path, encoding, 'max-bytes': maxBytes },
    required: ['path'],
    additionalProperties: false,
  },
  run: async (input, { cwd, signal }) => {
    const file = resolve(cwd, input.path);
    return parseJson(await readText(file, { ...input, maxBytes: input['max-bytes'], signal }), file);
  },
});

const readLines = defineAction({
  name: 'file.read_lines',
  description:
    'Reads a text file as a list of its lines, or, for `with-items`, as a source that is read as it is needed',
  input: {
    type: 'object',
    properties: {
      path,
      encoding,
      'max-bytes': { ...maxBytes, description: 'A larger file is an error, unless it is read lazily' },
      lazy: { type: 'boolean', default: false, description: 'Read while `with-items` iterates, never the whole' },
    },
    required: ['path'],
    additionalProperties: false,
  },
  run: async (input, { cwd, signal }) => {
    const file = resolve(cwd, input.path);
    if (input.lazy) return lazyLines(file, input.encoding);
    const text = await readText(file, { ...input, maxBytes: input['max-bytes'], signal });
    const lines = text.split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    return lines;
  },
});

async function* lazyLines(file: string, fileEncoding: string): AsyncGenerator<string, void, undefined> {
  for await (const lines of lineItems(toUtf8(readBlocks(file), file, fileEncoding), file)) yield* lines;
}

const writeText = defineAction({
  name: 'file.write_text',
  description: 'Writes a text file as a whole: whoever reads it sees the old one or the new one',
  input: {
    type: 'object',
    properties: {
      path,
      text: { type: 'string', description: 'What to write' },
      'create-directories': createDirectories,
    },
    required: ['path', 'text'],
    additionalProperties: false,
  },
  output: written,
  run: (input, { cwd, signal }) =>
    writeAtomically(resolve(cwd, input.path), input.text, { createDirectories: input['create-directories'], signal }),
});

const writeJson = defineAction({
  name: 'file.write_json',
  description: 'Writes a JSON file as a whole: whoever reads it sees the old one or the new one',
  input: {
    type: 'object',
    properties: {
      path,
      value: { description: 'What to write' },
      indent: { type: 'integer', minimum: 0, maximum: 10, default: 2, description: 'Spaces per level; 0: one line' },
      'create-directories': createDirectories,
    },
    required: ['path', 'value'],
    additionalProperties: false,
  },
  output: written,
  run: (input, { cwd, signal }) =>
    writeAtomically(resolve(cwd, input.path), `${JSON.stringify(input.value, null, input.indent)}\n`, {
      createDirectories: input['create-directories'],
      signal,
    }),
});

const append = defineAction({
  name: 'file.append',
  description: 'Appends text to a file in one write, and makes the file where there is none',
  input: {
    type: 'object',
    properties: {
      path,
      text: { type: 'string', description: 'What to append; end it with a line feed to write a line' },
      'create-directories': createDirectories,
    },
    required: ['path', 'text'],
    additionalProperties: false,
  },
  output: written,
  run: (input, { cwd, signal }) =>
    appendText(resolve(cwd, input.path), input.text, { createDirectories: input['create-directories'], signal }),
});

const glob = defineAction({
  name: 'file.glob',
  description: 'Lists the files that match patterns, sorted, with paths relative to the directory',
  input: {
    type: 'object',
    properties: {
      pattern: {
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
        description: 'Such as data/**/*.json; a list gives what matches any of them, !pattern takes away',
      },
      directory: {
        type: 'string',
        default: '.',
        description: "Where to look; a relative one starts at the workflow's directory",
      },
      dot: { type: 'boolean', default: false, description: 'Also names that start with a dot' },
    },
    required: ['pattern'],
    additionalProperties: false,
  },
  output: { type: 'array', items: { type: 'string' } },
  run: async ({ pattern, directory, dot }, { cwd, signal }) => {
    const { glob: search } = await import('tinyglobby');
    const patterns = typeof pattern === 'string' ? [pattern] : pattern;
    const found = await search(patterns, { cwd: resolve(cwd, directory), dot, signal, expandDirectories: false });
    return found.sort();
  },
});

const exists = defineAction({
  name: 'file.exists',
  description: 'Whether a file or directory exists',
  input: { type: 'object', properties: { path }, required: ['path'], additionalProperties: false },
  output: { type: 'boolean' },
  run: async (input, { cwd }) => {
    const file = resolve(cwd, input.path);
    try {
      await access(file);
      return true;
    } catch (error) {
      const problem = await fileError(file, error);
      if (problem.code === 'HEDDLE_FILE_NOT_FOUND') return false;
      throw problem;
    }
  },
});

/** `file.*`: relative paths start at the workflow's directory. */
export const fileActions: readonly Action[] = [
  readTextAction,
  readJson,
  readLines,
  writeText,
  writeJson,
  append,
  glob,
  exists,
];
