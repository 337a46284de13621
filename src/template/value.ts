import { analyse, type CallReference, type Names, type Problem, type Reference } from '../expression/index.ts';
import { compileDocument, type HandlebarsDocument } from './document.ts';
import { isPlain } from './plain-object.ts';
import { addSharedRoots } from './sharing.ts';
import { parseTemplate, type ParsedTemplate } from './template.ts';

/** Keys and indexes from a value to something in it. */
export type ValuePath = readonly (string | number)[];

/** A problem with its string: `path` leads to the string, offsets count in it. */
export type PlacedProblem = Problem & { readonly path: ValuePath };

/** A reference or a call with the string it stands in (a reference's own `path` is what it names). */
export type Placed<T extends Reference | CallReference> = T & { readonly valuePath: ValuePath };

interface ConstantNode {
  readonly type: 'constant';
  readonly value: unknown;
}

/** A value taken apart, as the generator of its renderer needs it. */
export type ValueNode =
  | ConstantNode
  | { readonly type: 'object'; readonly entries: readonly (readonly [key: string, value: ValueNode])[] }
  | { readonly type: 'list'; readonly items: readonly ValueNode[] }
  | {
      readonly type: 'template';
      readonly source: string;
      readonly path: ValuePath;
      readonly template: ParsedTemplate;
      /** Whether it may give an object that others hold too. */
      readonly isShared: boolean;
    }
  | {
      readonly type: 'document';
      readonly source: string;
      readonly path: ValuePath;
      readonly document: HandlebarsDocument;
    };

/** What checking a value finds. */
export interface CheckedValue {
  readonly node: ValueNode;
  readonly problems: readonly PlacedProblem[];
  readonly references: readonly Placed<Reference>[];
  readonly calls: readonly Placed<CallReference>[];
  /** Where strings stand that may give an object that others hold too. */
  readonly sharedPaths: readonly ValuePath[];
  /** Names that those objects are reached by; `''` for results of functions of the run. */
  readonly sharedRoots: readonly string[];
}

/** Templates by their text. */
export type ParsedTemplates = Map<string, ParsedTemplate>;

/** How deep a value may nest. */
const MAX_DEPTH = 200;

/** Parses and checks every template in a value. Never throws. `raw`: top-level names whose values are literal; true: all. */
export function checkValue(
  value: unknown,
  names: Names,
  raw: true | readonly string[],
  parsed: ParsedTemplates = new Map(),
): CheckedValue {
  const checker = new Checker(names, parsed);
  const node = raw === true ? constant(value) : checker.value(value, [], raw);
  return {
    node,
    problems: checker.problems,
    references: checker.references,
    calls: checker.calls,
    sharedPaths: checker.sharedPaths,
    sharedRoots: checker.sharedRoots,
  };
}

class Checker {
  readonly problems: PlacedProblem[] = [];
  readonly references: Placed<Reference>[] = [];
  readonly calls: Placed<CallReference>[] = [];
  readonly sharedPaths: ValuePath[] = [];
  readonly sharedRoots: string[] = [];
  readonly #names: Names;
  readonly #parsed: ParsedTemplates;

  constructor(names: Names, parsed: ParsedTemplates) {
    this.#names = names;
    this.#parsed = parsed;
  }

  value(value: unknown, path: ValuePath, raw: readonly string[]): ValueNode {
    if (typeof value === 'string') return this.#string(value, path);
    const isMapping = typeof value === 'object' && value !== null && isPlain(value);
    if (!isMapping && !Array.isArray(value)) return constant(value);
    if (path.length >= MAX_DEPTH) return this.#tooDeep(value, path);
    return Array.isArray(value) ? this.#list(value, path) : this.#mapping(value as Record<string, unknown>, path, raw);
  }

  #list(value: readonly unknown[], path: ValuePath): ValueNode {
    let isConstant = true;
    const items = value.map((item, index) => {
      const node = this.value(item, [...path, index], []);
      if (node.type !== 'constant') isConstant = false;
      return node;
    });
    return isConstant ? constant(items.map((item) => (item as ConstantNode).value)) : { type: 'list', items };
  }

  #mapping(value: Readonly<Record<string, unknown>>, path: ValuePath, raw: readonly string[]): ValueNode {
    let isConstant = true;
    const entries = Object.keys(value).map((key) => {
      const isRaw = path.length === 0 && raw.includes(key);
      const node = isRaw ? constant(value[key]) : this.value(value[key], [...path, key], []);
      if (node.type !== 'constant') isConstant = false;
      return [key, node] as const;
    });
    if (!isConstant) return { type: 'object', entries };
    return constant(Object.fromEntries(entries.map(([key, node]) => [key, (node as ConstantNode).value])));
  }

  #string(source: string, path: ValuePath): ValueNode {
    if (!source.includes('<<') && !source.includes('{{')) return constant(source);
    let template = this.#parsed.get(source);
    if (template === undefined) {
      template = parseTemplate(source);
      this.#parsed.set(source, template);
    }
    this.#add(path, template.problems, [], []);
    let isShared = false;
    for (const part of template.parts) {
      if (part.type === 'text' || part.node === null) continue;
      const { problems, references, calls } = analyse(part.node, this.#names);
      this.#add(path, problems, references, calls);
      if (template.kind !== 'expression') continue;
      const known = this.sharedRoots.length;
      addSharedRoots(part.node, this.sharedRoots);
      isShared = this.sharedRoots.length > known;
    }
    if (isShared) this.sharedPaths.push(path);
    if (template.kind === 'literal')
      return constant(template.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''));
    if (template.kind !== 'handlebars') return { type: 'template', source, path, template, isShared };
    const document = compileDocument(source, template.parts, this.#names);
    this.#add(path, document.problems, document.references, document.calls);
    return { type: 'document', source, path, document };
  }

  #add(
    path: ValuePath,
    problems: readonly Problem[],
    references: readonly Reference[],
    calls: readonly CallReference[],
  ): void {
    for (const each of problems) this.problems.push({ ...each, path });
    // They were made for this, so that nobody else sees them grow.
    for (const each of references) this.references.push(Object.assign(each, { valuePath: path }));
    for (const each of calls) this.calls.push(Object.assign(each, { valuePath: path }));
  }

  #tooDeep(value: unknown, path: ValuePath): ValueNode {
    const message = `The value nests deeper than ${MAX_DEPTH} levels.`;
    this.problems.push({ code: 'HEDDLE_EXPRESSION_LIMIT', severity: 'error', message, start: 0, end: 0, path });
    return constant(value);
  }
}

function constant(value: unknown): ConstantNode {
  return { type: 'constant', value };
}
