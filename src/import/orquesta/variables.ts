import { valueOf } from '../../workflow/yaml-node.ts';
import type { StaticType } from '../expression/index.ts';
import { hasForeignExpression } from '../expression/index.ts';
import type { ImportSource, Sourced, SourcedEntry, SourcedMapping, SourcedSequence } from '../source.ts';
import { parseInlineParameters } from './inline-parameters.ts';

/** One name of `input`, `vars`, `publish` or `output`: written alone, or with a value. */
export interface NamedValue {
  readonly name: string;
  readonly line: number;
  readonly path: Sourced['path'];
  /** Undefined for a name alone. */
  readonly value: SourcedEntry | undefined;
}

/** Reads a list of names and `name: value`, or a mapping of them; what is neither is reported. */
export function readNamedValues(source: ImportSource, from: Sourced, what: string): NamedValue[] {
  if (from.node.kind === 'mapping') return entriesOf(source, from as SourcedMapping);
  if (from.node.kind === 'scalar' && from.node.value === null) return [];
  const list = source.asSequence(from, `${what} is a list of names and of \`name: value\`.`);
  return list === undefined ? [] : readItems(source, list, what);
}

function readItems(source: ImportSource, list: SourcedSequence, what: string): NamedValue[] {
  return source.items(list).flatMap((item) => {
    if (item.node.kind === 'scalar' && typeof item.node.value === 'string') {
      return [{ name: item.node.value, line: item.line, path: item.path, value: undefined }];
    }
    const mapping = source.asMapping(item, `An entry of ${what} is a name, or \`name: value\`.`);
    return mapping === undefined ? [] : entriesOf(source, mapping);
  });
}

function entriesOf(source: ImportSource, mapping: SourcedMapping): NamedValue[] {
  return source.entries(mapping).map((entry) => {
    if (hasForeignExpression(entry.name)) source.lost(entry.path, 'A name that is computed has no counterpart.', 'key');
    return { name: entry.name, line: entry.keyLine, path: entry.path, value: entry };
  });
}

/** The names in a `publish`, in either form. */
export function publishedNames(source: ImportSource, publish: Sourced): string[] {
  const { node } = publish;
  if (node.kind === 'scalar') return parseInlineParameters(node.text).parameters.map(({ name }) => name);
  const lists = node.kind === 'sequence' ? source.items(publish as SourcedSequence) : [publish];
  return lists.flatMap((item) =>
    item.node.kind === 'mapping' ? source.entries(item as SourcedMapping).map(({ name }) => name) : [],
  );
}

/** What Orquesta keeps in one context, told apart as heddle does: parameters do not change, variables do. */
export class Variables {
  readonly inputs: readonly NamedValue[];
  readonly vars: readonly NamedValue[];
  readonly #inputs: ReadonlyMap<string, NamedValue>;
  readonly #written: ReadonlySet<string>;
  readonly #types: ReadonlyMap<string, StaticType>;

  constructor(inputs: readonly NamedValue[], vars: readonly NamedValue[], published: Iterable<string>) {
    this.inputs = inputs;
    this.vars = vars;
    this.#inputs = new Map(inputs.map((input) => [input.name, input]));
    this.#written = new Set([...vars.map(({ name }) => name), ...published]);
    this.#types = new Map([...inputs, ...vars].map(({ name, value }) => [name, typeOf(value)]));
  }

  /** Whether the default of an input is computed when the run starts. */
  isComputed({ value }: NamedValue): boolean {
    return isComputed(value);
  }

  /** Whether a name of `input` is changed by the workflow, or computed: it is a parameter and a variable then. */
  isVariableToo({ name, value }: NamedValue): boolean {
    return this.#written.has(name) || isComputed(value);
  }

  /** Whether a name is an input or a variable. */
  has(name: string): boolean {
    return this.#inputs.has(name) || this.#written.has(name);
  }

  /** Whether a name is one that only a run's caller sets. */
  isParameter(name: string): boolean {
    const input = this.#inputs.get(name);
    return input !== undefined && !this.isVariableToo(input);
  }

  /** Whether a name gets its first value while the workflow runs. */
  isOnlyPublished(name: string): boolean {
    return !this.#inputs.has(name) && !this.isDeclared(name);
  }

  /** Whether there is anything of each kind: parameters that are no variables, and variables. */
  get kinds(): { readonly parameters: boolean; readonly variables: boolean } {
    const variables = this.#written.size > 0 || this.inputs.some((input) => this.isVariableToo(input));
    return { parameters: this.inputs.some(({ name }) => this.isParameter(name)), variables };
  }

  /** What the value of a name is from the start. */
  typeOf(name: string): StaticType {
    return this.#types.get(name) ?? 'any';
  }

  /** Whether a variable that is an input too gets its first value under `vars` anyway. */
  isDeclared(name: string): boolean {
    return this.vars.some((each) => each.name === name);
  }
}

/** Whether a default is computed when the run starts. */
function isComputed(value: Sourced | undefined): boolean {
  if (value === undefined) return false;
  const { node } = value;
  if (node.kind === 'scalar') return typeof node.value === 'string' && hasForeignExpression(node.value);
  return hasForeignExpression(JSON.stringify(valueOf(node)));
}

function typeOf(value: Sourced | undefined): StaticType {
  if (value?.node.kind === 'sequence') return 'list';
  return value?.node.kind === 'mapping' ? 'object' : 'any';
}
