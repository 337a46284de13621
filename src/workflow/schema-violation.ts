import type { ErrorCode } from '../errors/index.ts';
import type { SchemaNote, SchemaValidator, SchemaViolation } from './generated/validate-workflow.js';
import { nearest } from '../errors/nearest.ts';

type Notes = Readonly<Record<string, SchemaNote>>;

/** One mistake, however many branches of a union it violates. */
export interface SchemaMistake {
  /** Steps from the checked value to the wrong one, as the schema spells them. */
  readonly path: readonly (string | number)[];
  /** Whether the last step's key is wrong, or its value. */
  readonly what: 'key' | 'value';
  readonly code: ErrorCode;
  readonly message: string;
  readonly suggestion?: string;
}

/** Checks a value, called `noun` in messages, and gives one mistake for each thing that is wrong. */
export function findMistakes(validate: SchemaValidator, notes: Notes, value: unknown, noun: string): SchemaMistake[] {
  if (validate(value)) return [];
  const mistakes = new Map<string, SchemaMistake>();
  for (const violation of validate.errors ?? []) {
    const mistake = toMistake(violation, notes, value, noun);
    if (mistake === undefined) continue;
    const identity = JSON.stringify([mistake.what, mistake.path]);
    if (!mistakes.has(identity)) mistakes.set(identity, mistake);
  }
  return [...mistakes.values()];
}

/** What a value is, in words for a message. */
export function describeFound(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.length > 40 ? `'${value.slice(0, 40)}…'` : `'${value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

/** `'timeout' should be a duration, but is 'abc'.` */
export function expectedButFound(name: string | number | undefined, expected: string, value: unknown): string {
  const subject = name === undefined ? 'This' : typeof name === 'number' ? 'The entry' : `'${name}'`;
  return `${subject} should be ${expected}, but is ${describeFound(value)}.`;
}

/** Follows a violation from the root of the schema and stops at the first node that can say what should stand there. */
function toMistake(violation: SchemaViolation, notes: Notes, root: unknown, noun: string) {
  const steps = pointer(violation.schemaPath.replace(/^#/, ''));
  const instance = pointer(violation.instancePath);
  const path: (string | number)[] = [];
  let node = '';
  let value = root;
  for (let i = 0; ;) {
    const note = notes[node];
    const union = note?.branches !== undefined || note?.values !== undefined;
    if (note !== undefined && union) {
      const branch = matchingBranch(note, value);
      // The other branches of the union have nothing to say about a value that is of this branch's type.
      if (branch === undefined) return wrong(path, note, value);
      if (steps[i + 1] !== String(branch)) return undefined;
    }
    const keyword = steps[i];
    if (i >= steps.length - 1) return violated(violation, note, path, value, noun);
    node += `/${keyword ?? ''}/${steps[i + 1] ?? ''}`;
    if (keyword === 'items') node = node.slice(0, node.lastIndexOf('/'));
    if (keyword !== 'anyOf') {
      const step = instance[path.length] ?? '';
      path.push(Array.isArray(value) ? Number(step) : step);
      value = (value as Record<string, unknown>)[step];
    }
    i += keyword === 'items' ? 1 : 2;
  }
}

/** The union's only branch that a value can be meant for and that has more to say than the union itself. */
function matchingBranch(note: SchemaNote, value: unknown): number | undefined {
  const type = Array.isArray(value) ? 'array' : typeof value;
  if (value === null || (type !== 'array' && type !== 'object')) return undefined;
  const index = note.branches?.indexOf(type) ?? -1;
  return index < 0 ? undefined : index;
}

function wrong(path: SchemaMistake['path'], note: SchemaNote, value: unknown): SchemaMistake {
  const values = (note.values ?? []).map(String);
  const suggestion = typeof value === 'string' ? nearest(value, values) : undefined;
  return {
    path: [...path],
    what: 'value',
    code: note.code ?? 'HEDDLE_SCHEMA',
    message: expectedButFound(path.at(-1), note.expected, value),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function violated(
  violation: SchemaViolation,
  note: SchemaNote | undefined,
  path: SchemaMistake['path'],
  value: unknown,
  noun: string,
): SchemaMistake {
  const { keyword, params } = violation;
  const subject = path.at(-1);
  const inside = typeof subject === 'string' ? ` in '${subject}'` : ` in a ${noun}`;
  if (keyword === 'additionalProperties') {
    const name = String(params['additionalProperty']);
    return unknownKey(name, [...path, name], inside, note?.keys ?? []);
  }
  if (keyword === 'required') {
    const message = `The key '${String(params['missingProperty'])}' is missing${inside}.`;
    return { path: [...path], what: 'key', code: 'HEDDLE_SCHEMA', message };
  }
  return wrong(path, note ?? { expected: 'something else' }, value);
}

/** The mistake of a key that is none; `inside`: ` in 'retry'`; `meant`: what it is called here, where that is known. */
export function unknownKey(
  name: string,
  path: SchemaMistake['path'],
  inside: string,
  keys: readonly string[],
  meant?: string,
): SchemaMistake {
  const suggestion = meant ?? nearest(name, keys);
  const known = suggestion === undefined ? ` Known here: ${keys.join(', ')}.` : '';
  return {
    path,
    what: 'key',
    code: 'HEDDLE_UNKNOWN_KEY',
    message: `The key '${name}' is not known${inside}.${known}`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function pointer(text: string): string[] {
  const decode = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');
  return text
    .split('/')
    .slice(1)
    .map((step) => decode(text.includes('%') ? safeDecode(step) : step));
}

/** Only schema paths are percent-encoded; a key of an author may hold a stray %. */
function safeDecode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
