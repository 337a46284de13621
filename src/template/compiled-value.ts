import {
  CodeGenerator,
  propertyKey,
  quote,
  type CallReference,
  type Compiled,
  type Names,
  type Reference,
} from '../expression/index.ts';
import { isPlain } from './plain-object.ts';
import {
  checkValue,
  type CheckedValue,
  type ParsedTemplates,
  type Placed,
  type PlacedProblem,
  type ValueNode,
  type ValuePath,
} from './value.ts';

/** Options of {@link compileValue}. */
export interface CompileOptions {
  /** Top-level names whose values are literal text; true: all of the value. Default none. */
  readonly raw?: true | readonly string[];
  /** The names of the current element. Default `item`. */
  readonly itemNames?: readonly string[];
  /** Texts that were parsed before, for whoever compiles many values that hold the same ones. Default none. */
  readonly parsed?: ParsedTemplates;
}

/** Strings up to this length are written into generated code; longer ones are passed by reference. */
const MAX_INLINE_TEXT = 500;
/** Literal mappings and lists up to this many nodes are written into generated code; larger ones are copied. */
const MAX_INLINE_NODES = 50;

/**
 * Compiles a mapping, list or scalar with templates in it to one function. Never throws for what an author wrote: see
 * {@link CompiledValue.problems}, and render only where none is an error.
 */
export function compileValue(value: unknown, names: Names, options: CompileOptions = {}): CompiledValue {
  return new CompiledValue(
    checkValue(value, names, options.raw ?? [], options.parsed),
    names,
    options.itemNames ?? ['item'],
  );
}

/** A value with templates, checked, and compiled when it is first rendered. */
export class CompiledValue {
  readonly problems: readonly PlacedProblem[];
  readonly references: readonly Placed<Reference>[];
  readonly calls: readonly Placed<CallReference>[];
  /** Where strings stand that may hand out an object that others hold too. */
  readonly sharedPaths: readonly ValuePath[];
  /** Whether there is no expression in it. */
  readonly isConstant: boolean;
  /** Whether every object it may share is part of the current element, so that a list can be frozen once for all of them. */
  readonly itemOnly: boolean;
  /** What renders it, without what was found when it was checked: to be kept for running. */
  readonly renderer: Renderer;

  constructor(checked: CheckedValue, names: Names, itemNames: readonly string[]) {
    this.problems = checked.problems;
    this.references = checked.references;
    this.calls = checked.calls;
    this.sharedPaths = checked.sharedPaths;
    this.isConstant = checked.node.type === 'constant';
    this.itemOnly = checked.sharedRoots.every((root) => itemNames.includes(root));
    this.renderer = new Renderer(checked.node, names, checked.sharedPaths.length === 0);
  }

  /** As {@link Renderer.render}. */
  get render(): (scope: unknown) => unknown {
    return this.renderer.render;
  }

  /** As {@link Renderer.renderFrozen}. */
  get renderFrozen(): (scope: unknown, freeze: (value: object) => void) => unknown {
    return this.renderer.renderFrozen;
  }
}

/** Renders a value; its code is generated when it is first asked for. */
export class Renderer {
  /** Whether no object in what it gives belongs to somebody else. */
  readonly sharesNothing: boolean;
  readonly #node: ValueNode;
  readonly #names: Names;
  #render: ((scope: unknown) => unknown) | undefined;
  #renderFrozen: ((scope: unknown, freeze: (value: object) => void) => unknown) | undefined;

  constructor(node: ValueNode, names: Names, sharesNothing: boolean) {
    this.#node = node;
    this.#names = names;
    this.sharesNothing = sharesNothing;
  }

  /**
   * The function that renders: a fresh value per call, in which only what expressions hand out is shared. It throws
   * {@link ExpressionError} with `valuePath`. Keep it rather than asking again where it is called often.
   */
  get render(): (scope: unknown) => unknown {
    this.#render ??= generate(this.#node, this.#names, false);
    return this.#render;
  }

  /** As {@link render}; every object that others may hold too goes through `freeze` before it is handed out. */
  get renderFrozen(): (scope: unknown, freeze: (value: object) => void) => unknown {
    this.#renderFrozen ??= this.sharesNothing ? this.render : generate(this.#node, this.#names, true);
    return this.#renderFrozen;
  }
}

function generate(node: ValueNode, names: Names, frozen: boolean): Compiled {
  const writer = new Writer(names, frozen);
  return writer.function(node);
}

class Writer {
  readonly #generator: CodeGenerator;
  readonly #frozen: boolean;

  constructor(names: Names, frozen: boolean) {
    this.#generator = new CodeGenerator(names);
    this.#frozen = frozen;
  }

  function(node: ValueNode): Compiled {
    return this.#generator.function(this.#code(node));
  }

  #code(node: ValueNode): string {
    switch (node.type) {
      case 'constant':
        return this.#constant(node.value);
      case 'list':
        return `[${node.items.map((item) => this.#code(item)).join(',')}]`;
      case 'object':
        return `{${node.entries.map(([key, value]) => `${propertyKey(key)}:${this.#code(value)}`).join(',')}}`;
      case 'template':
        return this.#template(node);
      case 'document':
        return node.document.code(this.#generator, node.path);
    }
  }

  #template({ source, path, template, isShared }: ValueNode & { readonly type: 'template' }): string {
    const codes: string[] = [];
    for (const part of template.parts) {
      if (part.type === 'text') {
        if (template.kind === 'text') codes.push(this.#text(part.text));
      } else if (part.node !== null) {
        const code = this.#generator.expression(part.node, source, path);
        if (template.kind === 'expression') return this.#frozen && isShared ? this.#generator.frozen(code) : code;
        codes.push(this.#generator.text(code, part.node));
      }
    }
    // Starting with a string makes every + a concatenation.
    return `(${['""', ...codes].join('+')})`;
  }

  #constant(value: unknown): string {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) {
      return Object.is(value, -0) ? '(-0)' : `(${String(value)})`;
    }
    if (typeof value === 'object' && countNodes(value, MAX_INLINE_NODES) > MAX_INLINE_NODES) {
      return `r.cloneLiteral(${this.#generator.constant(value)})`;
    }
    if (Array.isArray(value)) return `[${value.map((item) => this.#constant(item)).join(',')}]`;
    if (typeof value !== 'object' || !isPlain(value)) return this.#generator.constant(value);
    const entries = Object.entries(value).map(([key, each]) => `${propertyKey(key)}:${this.#constant(each)}`);
    return `{${entries.join(',')}}`;
  }

  #text(text: string): string {
    return text.length > MAX_INLINE_TEXT ? this.#generator.constant(text) : quote(text);
  }
}

/** Counts the parts of a literal, up to a little more than `limit`. */
function countNodes(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const each of Object.values(value)) {
    count += countNodes(each, limit - count);
    if (count > limit) break;
  }
  return count;
}
