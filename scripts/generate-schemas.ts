/**
 * Writes what is generated from `src/workflow/schema.ts` and `src/rehearsal/schema.ts`: the schemas for editors and
 * the validators that run.
 * Run: node --import jiti/register scripts/generate-schemas.ts
 */
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { transform } from 'esbuild';
import { format } from 'prettier';
import { rehearsalSchema } from '../src/rehearsal/schema.ts';
import { headSchema, namedTaskSchema, retrySchema, transitionSchema, workflowSchema } from '../src/workflow/schema.ts';
import type { SchemaNote } from '../src/workflow/generated/validate-workflow.js';

type Schema = Record<string, unknown>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The keywords that are heddle's own and mean nothing to an editor. */
const OWN_KEYWORDS = new Set(['expected', 'code']);
/** Keywords for readers. */
const ANNOTATIONS = new Set(['title', 'description', 'default', 'examples']);
/** Keywords whose values are data, not schemas. */
const DATA_KEYWORDS = new Set(['default', 'examples', 'enum', 'const', 'required', 'type']);

/** Every generated file's text by its path from the root of the project. */
export async function generateFiles(): Promise<Record<string, string>> {
  const json = (schema: Schema) => format(JSON.stringify(schema), { parser: 'json', printWidth: 120 });
  return {
    'schemas/workflow.schema.json': await json(editorSchema()),
    'schemas/rehearsal.schema.json': await json(rehearsalEditorSchema()),
    'src/workflow/generated/validate-workflow.js': await validatorCode('workflow', workflowParts()),
    'src/rehearsal/generated/validate-rehearsal.js': await validatorCode('rehearsal', {
      // A rehearsal has the keys of a file, so that each entry is checked as the file is.
      Rehearsal: without(plainSchema(rehearsalSchema), 'rehearsals'),
    }),
  };
}

function plainSchema(schema: object): Schema {
  return JSON.parse(JSON.stringify(schema)) as Schema;
}

/** Accepts both spellings of keys, the `workflow:` wrapper and `x-…` keys. */
function editorSchema(): Schema {
  const workflow = forEditors(plainSchema(workflowSchema));
  const properties = workflow['properties'] as Record<string, Schema>;
  const { anyOf, ...tasks } = properties['tasks'] as Schema & { anyOf: [Schema, Schema] };
  const { required, ...task } = anyOf[0]['items'] as Schema;
  const list = { ...anyOf[0], items: { allOf: [{ $ref: '#/$defs/task' }, { required }] } };
  const mapping = { type: 'object', additionalProperties: { $ref: '#/$defs/task' } };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'heddle workflow',
    description: 'A workflow that heddle runs. See docs/reference.md.',
    type: 'object',
    properties: {
      ...properties,
      tasks: { ...tasks, anyOf: [list, mapping] },
      workflow: { description: 'The whole workflow may sit under this key.', $ref: '#' },
    },
    patternProperties: { '^x-': { description: 'Your own: a place for YAML anchors.' } },
    additionalProperties: false,
    anyOf: [{ required: ['tasks'] }, { required: ['workflow'] }],
    $defs: { task },
  };
}

function rehearsalEditorSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'heddle rehearsals',
    description: 'Workflows run with mocked actions, and what must come out. See docs/testing.md.',
    ...forEditors(plainSchema(rehearsalSchema)),
  };
}

function forEditors(value: unknown): Schema {
  return convert(value) as Schema;
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (!isSchema(value)) return value;
  const converted: Schema = {};
  for (const [keyword, part] of Object.entries(value)) {
    if (OWN_KEYWORDS.has(keyword)) continue;
    if (DATA_KEYWORDS.has(keyword)) converted[keyword] = part;
    else if (keyword === 'properties') converted[keyword] = bothSpellings(part as Record<string, unknown>);
    else converted[keyword] = convert(part);
  }
  return enumOf(converted);
}

function bothSpellings(properties: Record<string, unknown>): Schema {
  const both: Schema = {};
  for (const [name, schema] of Object.entries(properties)) both[name] = convert(schema);
  for (const [name, schema] of Object.entries(properties)) {
    if (!name.includes('-')) continue;
    // Accepted, but an editor should complete the kebab-case form.
    both[name.replaceAll('-', '_')] = { ...(convert(schema) as Schema), doNotSuggest: true };
  }
  return both;
}

/** Editors complete an enum better than a union of constants, and a validator checks it with less code. */
function enumOf(schema: Schema): Schema {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || !anyOf.every((part) => isSchema(part) && 'const' in part)) return schema;
  return { ...rest, enum: anyOf.map((part) => (part as Schema)['const']) };
}

/** Parts that occur in several places are checked on their own, so that their code is there once. */
function workflowParts(): Record<string, Schema> {
  return {
    Head: without(plainSchema(headSchema), 'defaults/retry'),
    Task: without(
      plainSchema(namedTaskSchema),
      ...['next', 'retry', 'on-success', 'on-failure', 'on-timeout', 'on-complete'],
    ),
    Transition: plainSchema(transitionSchema),
    Retry: plainSchema(retrySchema),
  };
}

/** A schema without what validates nothing: Ajv writes whole schemas into its code, and every start reads them. */
function withoutNotes(schema: Schema): Schema {
  const bare = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(bare);
    if (!isSchema(value)) return value;
    const kept = Object.entries(value).filter(([keyword]) => !ANNOTATIONS.has(keyword) && !OWN_KEYWORDS.has(keyword));
    const rest = kept.map(([keyword, part]) => {
      if (DATA_KEYWORDS.has(keyword)) return [keyword, part];
      if (keyword !== 'properties' && keyword !== 'patternProperties') return [keyword, bare(part)];
      return [keyword, Object.fromEntries(Object.entries(part as Schema).map(([name, each]) => [name, bare(each)]))];
    });
    return enumOf(Object.fromEntries(rest) as Schema);
  };
  return bare(schema) as Schema;
}

/** A module that exports `validateX` and `notesOfX` for each part X. */
async function validatorCode(source: string, schemas: Record<string, Schema>): Promise<string> {
  const options = { allErrors: true, strict: false, messages: false, code: { source: true, esm: true } };
  const ajv = new Ajv(options);
  const exported: Record<string, string> = {};
  const tables: string[] = [];
  for (const [name, schema] of Object.entries(schemas)) {
    ajv.addSchema(withoutNotes(schema), name);
    exported[`validate${name}`] = name;
    tables.push(`export const notesOf${name}=${JSON.stringify(notesOf(schema))};`);
  }
  const code = standalone.default(ajv, exported) + tables.join('');
  if (/\brequire\(|\bimport\b/.test(code)) throw new Error('The generated validator must stand alone.');
  const banner = `// Generated by scripts/generate-schemas.ts from src/${source}/schema.ts. Do not edit.\n`;
  return banner + (await transform(code, { minify: true, format: 'esm', target: 'es2022' })).code;
}

/** Leaves the named properties (`a/b`: b of a) unchecked, keeping only what should stand there. */
function without(schema: Schema, ...paths: string[]): Schema {
  for (const path of paths) {
    const names = path.split('/');
    const last = names.pop() ?? '';
    let properties = schema['properties'] as Record<string, Schema>;
    for (const name of names) properties = properties[name]?.['properties'] as Record<string, Schema>;
    properties[last] = { expected: properties[last]?.['expected'] };
  }
  return schema;
}

/** What messages need to know of a schema's nodes, by their place in the schema. */
function notesOf(schema: Schema): Record<string, SchemaNote> {
  const notes: Record<string, SchemaNote> = {};
  const visit = (node: Schema, path: string): void => {
    notes[path] = noteOf(node);
    for (const keyword of ['properties', 'patternProperties']) {
      for (const [name, child] of Object.entries((node[keyword] ?? {}) as Record<string, Schema>)) {
        visit(child, `${path}/${keyword}/${name}`);
      }
    }
    if (isSchema(node['items'])) visit(node['items'], `${path}/items`);
    if (isUnionOfConstants(node)) return;
    for (const [index, branch] of branchesOf(node).entries()) visit(branch, `${path}/anyOf/${String(index)}`);
  };
  visit(schema, '');
  return notes;
}

function noteOf(node: Schema): SchemaNote {
  const { expected, code, properties } = node as { expected?: string; code?: string; properties?: object };
  const branches = branchesOf(node);
  return {
    expected: expected ?? expectedOf(node, branches),
    ...(code === undefined ? {} : { code: code as 'HEDDLE_DURATION' }),
    ...(properties === undefined ? {} : { keys: Object.keys(properties) }),
    ...(branches.length === 0 || isUnionOfConstants(node) ? {} : { branches: branches.map(typeOf) }),
    ...(isUnionOfConstants(node) ? { values: branches.map((branch) => branch['const']) } : {}),
  };
}

function branchesOf(node: Schema): Schema[] {
  return (node['anyOf'] ?? []) as Schema[];
}

function isUnionOfConstants(node: Schema): boolean {
  const branches = branchesOf(node);
  return branches.length > 0 && branches.every((branch) => 'const' in branch);
}

function typeOf(branch: Schema): string {
  return (branch['type'] as string | undefined) ?? 'any';
}

function expectedOf(node: Schema, branches: Schema[]): string {
  if (isUnionOfConstants(node)) return `one of ${branches.map((branch) => String(branch['const'])).join(', ')}`;
  if ('const' in node) return String(node['const']);
  const names: Record<string, string> = { boolean: 'true or false', array: 'a list', object: 'a mapping' };
  return names[typeOf(node)] ?? 'a value';
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [path, text] of Object.entries(await generateFiles())) {
    await writeFile(new URL(`../${path}`, import.meta.url), text);
  }
}
