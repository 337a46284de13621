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
export interface SectionKind {
  /** For messages: `task`. */
  readonly noun: string;
  readonly validate?: SchemaValidator;
  readonly notes: Readonly<Record<string, SchemaNote>>;
  /** Keys that are known but not part of the validator's schema. */
  readonly unchecked?: readonly string[];
  /** Keys whose values are mappings of heddle's own keys, too. */
  readonly nested?: readonly string[];
  /** Names that other tools use, and what they are here. */
  readonly foreign?: Readonly<Record<string, string>>;
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
  readonly #values = new Map<string, { readonly name: string; readonly value: unknown }>();
  /** True where a key was reported that means nothing here: what is missing may be what it meant. */
  hasUnknownKey = false;

  constructor(findings: Findings, value: Mapping, path: YamlPath, kind: SectionKind) {
    this.path = path;
    this.#collect(findings, value, kind);
    if (kind.validate !== undefined) this.#validate(findings, kind, kind.validate);
  }

  /** The value of a key, if it is given and sound. */
  get(key: string): unknown {
    return this.#values.get(key)?.value;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** The path of a key as its author spelled it. */
  pathOf(key: string): YamlPath {
    return [...this.path, this.#values.get(key)?.name ?? key];
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

  #collect(findings: Findings, value: Mapping, kind: SectionKind): void {
    const keys = [...(kind.notes['']?.keys ?? []), ...(kind.unchecked ?? [])];
    const unknown: string[] = [];
    for (const name of Object.keys(value)) {
      const key = name.replaceAll('_', '-');
      if (!keys.includes(key)) unknown.push(name);
      else if (this.#values.has(key)) this.#reportTwice(findings, name, this.#values.get(key)?.name ?? key);
      else this.#values.set(key, { name, value: value[name] });
    }
    for (const name of unknown) this.#unknown(findings, kind, name, value[name], keys);
    for (const [key, given] of [...this.#values]) {
      const unreadable = key !== 'with-items' && findings.document.isReplaced(this.pathOf(key));
      if (unreadable) this.hasUnknownKey = true;
      const absent = given.value === undefined || (given.value === null && key !== 'with-items');
      if (unreadable || absent) this.#values.delete(key);
      else if (kind.nested?.includes(key) === true) this.#put(key, inKebabCase(given.value));
    }
  }

  #unknown(findings: Findings, kind: SectionKind, name: string, value: unknown, keys: readonly string[]): void {
    const path = [...this.path, name];
    const kebab = name.replaceAll('_', '-');
    const foreign = kind.foreign !== undefined && Object.hasOwn(kind.foreign, kebab) ? kind.foreign[kebab] : undefined;
    const mistake = unknownKey(name, path, ` in a ${kind.noun}`, keys, foreign);
    const { suggestion } = mistake;
    findings.report({ path, what: 'key' }, mistake);
    // What a misspelled key says is taken as meant, so that its absence is not reported as well.
    if (foreign === undefined && suggestion !== undefined && !this.#values.has(suggestion)) {
      this.#values.set(suggestion, { name, value });
    } else this.hasUnknownKey = true;
  }

  #reportTwice(findings: Findings, name: string, first: string): void {
    findings.report(
      { path: [...this.path, name], what: 'key' },
      { code: 'HEDDLE_KEY_CONFLICT', message: `'${name}' and '${first}' are the same key.`, hint: 'Keep one of them.' },
    );
  }

  #put(key: string, value: unknown): void {
    this.#values.set(key, { name: this.#values.get(key)?.name ?? key, value });
  }

  #validate(findings: Findings, kind: SectionKind, validate: SchemaValidator): void {
    const checked = [...this.#values].filter(([key]) => kind.unchecked?.includes(key) !== true);
    const plain = Object.fromEntries(checked.map(([key, { value }]) => [key, value]));
    for (const mistake of findMistakes(validate, kind.notes, plain, kind.noun)) {
      const [first, ...rest] = mistake.path;
      if (first === undefined) {
        findings.report({ path: this.path, what: 'key' }, mistake);
        continue;
      }
      const key = String(first);
      findings.report({ path: this.#authorPath(findings, key, rest), what: mistake.what }, mistake);
      // A task stays an iteration, or every `item` in it would be reported as well.
      if (rest.length === 0 && key === 'with-items') this.#put(key, UNKNOWN_VALUE);
      else if (rest.length === 0) this.#values.delete(key);
      else this.#put(key, removed(this.get(key), rest));
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
