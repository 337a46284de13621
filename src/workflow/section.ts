import type { Located, YamlPath } from './definition.ts';
import type { Diagnostic, Finding, Place } from './diagnostic.ts';
import type { SchemaNote, SchemaValidator } from './generated/validate-workflow.js';
import { expectedButFound, findMistakes, unknownKey } from './schema-violation.ts';
import { UNKNOWN_VALUE } from './yaml-compose.ts';
import type { YamlDocument } from './yaml-document.ts';

/** A mapping of an author's. */
export type Mapping = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a string, number or boolean; empty for anything else. */
export function scalarText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** How a kind of section is checked. */
export class SectionKind {
  /** For messages: `task`. */
  readonly noun: string;
  readonly validate: SchemaValidator;
  readonly notes: Readonly<Record<string, SchemaNote>>;
  /** A key that is known but not part of the validator's schema. */
  readonly unchecked: string | undefined;
  /** Keys whose values are mappings of heddle's own keys, too. */
  readonly nested: readonly string[];
  /** Names that other tools use, and what they are here. */
  readonly foreign: Readonly<Record<string, string>>;
  readonly keys: ReadonlySet<string>;

  constructor(
    noun: string,
    parts: Pick<SectionKind, 'validate' | 'notes' | 'foreign'> & {
      readonly unchecked?: string;
      readonly nested?: readonly string[];
    },
  ) {
    this.noun = noun;
    this.validate = parts.validate;
    this.notes = parts.notes;
    this.unchecked = parts.unchecked;
    this.nested = parts.nested ?? [];
    this.foreign = parts.foreign;
    this.keys = new Set([...(parts.notes['']?.keys ?? []), ...[parts.unchecked ?? []].flat()]);
  }
}

/** Collects diagnostics while a document is read. */
export class Findings {
  readonly document: YamlDocument;
  readonly diagnostics: Diagnostic[] = [];

  constructor(document: YamlDocument) {
    this.document = document;
  }

  /** Reports at a place, unless what stands there was unreadable and is reported already. */
  report(place: Place, finding: Finding): void {
    if (place.what !== 'key' && this.document.isReplaced(place.path)) return;
    this.diagnostics.push(this.document.diagnose(finding, place));
  }

  /** `'timeout' should be a duration, but is 'abc'.` */
  expected(path: YamlPath, expected: string, value: unknown): void {
    this.report({ path }, { code: 'HEDDLE_SCHEMA', message: expectedButFound(path.at(-1), expected, value) });
  }
}

/**
 * A mapping whose keys are heddle's own, under their kebab-case names whichever spelling the author chose. Keys without
 * a value, unreadable values and values that do not fit the schema are reported and count as not given.
 */
export class Section {
  readonly path: YamlPath;
  /** By key, in the order of the file. */
  readonly #values: Record<string, unknown> = {};
  /** How the author spelled the keys that are not written as here. */
  #spelled: Map<string, string> | undefined;
  /** True where a key was reported that means nothing here: what is missing may be what it meant. */
  hasUnknownKey = false;

  constructor(findings: Findings, value: Mapping, path: YamlPath, kind: SectionKind) {
    this.path = path;
    const empty = new Set<string>();
    this.#collect(findings, value, kind, empty);
    if (findings.document.hasReplaced) this.#dropReplaced(findings, empty);
    for (const key of kind.nested) if (this.has(key)) this.#values[key] = inKebabCase(this.#values[key]);
    this.#validate(findings, kind);
  }

  /** The value of a key, if it is given and sound. */
  get(key: string): unknown {
    return this.#values[key];
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined;
  }

  /** The path of a key as its author spelled it. */
  pathOf(key: string): YamlPath {
    return [...this.path, this.#spelled?.get(key) ?? key];
  }

  /** Text with its place. */
  text(key: string): Located<string> | undefined {
    const value = this.get(key);
    return typeof value === 'string' ? { value, path: this.pathOf(key) } : undefined;
  }

  /** An expression with its place; true and false are expressions too. */
  expression(key: string): Located<string> | undefined {
    const value = this.get(key);
    if (typeof value !== 'string' && typeof value !== 'boolean') return undefined;
    return { value: String(value), path: this.pathOf(key) };
  }

  /** `empty`: takes the keys that have no value. */
  #collect(findings: Findings, value: Mapping, kind: SectionKind, empty: Set<string>): void {
    const unknown: string[] = [];
    for (const name of Object.keys(value)) {
      const key = name.includes('_') ? name.replaceAll('_', '-') : name;
      if (!kind.keys.has(key)) unknown.push(name);
      else if (this.has(key) || empty.has(key)) this.#reportTwice(findings, name, this.#spelled?.get(key) ?? key);
      else {
        if (isGiven(key, value[name])) this.#values[key] = value[name];
        else empty.add(key);
        if (name !== key) this.#spell(key, name);
      }
    }
    for (const name of unknown) this.#unknown(findings, kind, name, value[name], empty);
  }

  #spell(key: string, name: string): void {
    this.#spelled ??= new Map();
    this.#spelled.set(key, name);
  }

  #dropReplaced(findings: Findings, empty: ReadonlySet<string>): void {
    for (const key of [...Object.keys(this.#values), ...empty]) {
      if (key === 'with-items' || !findings.document.isReplaced(this.pathOf(key))) continue;
      this.hasUnknownKey = true;
      delete this.#values[key];
    }
  }

  #unknown(findings: Findings, kind: SectionKind, name: string, value: unknown, empty: ReadonlySet<string>): void {
    const path = [...this.path, name];
    const kebab = name.replaceAll('_', '-');
    const foreign = Object.hasOwn(kind.foreign, kebab) ? kind.foreign[kebab] : undefined;
    const mistake = unknownKey(name, path, ` in a ${kind.noun}`, [...kind.keys], foreign);
    const { suggestion } = mistake;
    findings.report({ path, what: 'key' }, mistake);
    // What a misspelled key says is taken as meant, so that its absence is not reported as well.
    if (foreign === undefined && suggestion !== undefined && !this.has(suggestion) && !empty.has(suggestion)) {
      if (isGiven(suggestion, value)) this.#values[suggestion] = value;
      this.#spell(suggestion, name);
    } else this.hasUnknownKey = true;
  }

  #reportTwice(findings: Findings, name: string, first: string): void {
    findings.report(
      { path: [...this.path, name], what: 'key' },
      { code: 'HEDDLE_KEY_CONFLICT', message: `'${name}' and '${first}' are the same key.`, hint: 'Keep one of them.' },
    );
  }

  #validate(findings: Findings, kind: SectionKind): void {
    const { unchecked } = kind;
    let checked = this.#values;
    if (unchecked !== undefined) {
      checked = { ...checked };
      delete checked[unchecked];
    }
    for (const mistake of findMistakes(kind.validate, kind.notes, checked, kind.noun)) {
      const [first, ...rest] = mistake.path;
      if (first === undefined) {
        findings.report({ path: this.path, what: 'key' }, mistake);
        continue;
      }
      const key = String(first);
      findings.report({ path: this.#authorPath(findings, key, rest), what: mistake.what }, mistake);
      // A task stays an iteration, or every `item` in it would be reported as well.
      if (rest.length === 0 && key === 'with-items') this.#values[key] = UNKNOWN_VALUE;
      else if (rest.length === 0) delete this.#values[key];
      else this.#values[key] = removed(this.get(key), rest);
    }
  }

  #authorPath(findings: Findings, key: string, rest: YamlPath): YamlPath {
    const path = this.pathOf(key);
    const [step, ...deeper] = rest;
    if (typeof step !== 'string') return [...path, ...rest];
    const snake = step.replaceAll('-', '_');
    const written = findings.document.has([...path, step]) ? step : snake;
    return [...path, written, ...deeper];
  }
}

/** A key without a value counts as absent; the value of `with-items` is checked whatever it is. */
function isGiven(key: string, value: unknown): boolean {
  return value !== undefined && (value !== null || key === 'with-items');
}

function inKebabCase(value: unknown): unknown {
  if (!isMapping(value)) return value;
  const given = Object.entries(value).filter(([, part]) => part !== null);
  return Object.fromEntries(given.map(([name, part]) => [name.replaceAll('_', '-'), part]));
}

/** A copy without what is at the path; an entry of a list becomes null, so that the others keep their places. */
function removed(value: unknown, path: YamlPath): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return null;
  if (Array.isArray(value)) {
    return value.map((entry: unknown, index) => (index === step ? removed(entry, rest) : entry));
  }
  if (!isMapping(value)) return value;
  const { [step]: part, ...others } = value;
  return rest.length === 0 ? others : { ...others, [step]: removed(part, rest) };
}
