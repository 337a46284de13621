import { HeddleError } from '../errors/index.ts';
import {
  describe,
  readField,
  toText,
  truthy,
  type CallReference,
  type CodeGenerator,
  type Names,
  type Problem,
  type Reference,
} from '../expression/index.ts';
import { DocumentChecker, PART_HELPER, TEXT_HELPER, type HelperCall } from './document-check.ts';
import { isMarked, parseDocument } from './document-text.ts';
import {
  handlebars,
  type Handlebars,
  type HandlebarsRender,
  type Helper,
  type HelperOptions,
  type Program,
} from './handlebars-library.ts';
import type { TemplatePart } from './template.ts';

/** How `{{ }}` is shown: as it is (default), or with the characters of HTML escaped. */
export type Escape = 'none' | 'html';

/** A checked Handlebars document. */
export interface HandlebarsDocument {
  readonly problems: readonly Problem[];
  readonly references: readonly Reference[];
  readonly calls: readonly CallReference[];
  /** Code over `s` that gives the text. */
  code(generator: CodeGenerator, valuePath: readonly (string | number)[]): string;
  /** Renders over data; `scope` is what functions of a run ask. */
  run(data: unknown, parts: readonly unknown[], scope: unknown): string;
}

/**
 * Parses, checks and pre-compiles a Handlebars document, so that nothing is parsed while a run goes on. `parts` are
 * those of {@link parseTemplate}: `<< … >>` stay expressions.
 */
export function compileDocument(
  source: string,
  parts: readonly TemplatePart[],
  names: Names,
  escape: Escape = 'none',
): HandlebarsDocument {
  const { program, problems, spanOf } = parseDocument(source, parts);
  const checker = new DocumentChecker(names, spanOf);
  if (program !== null) checker.check(program);
  const misplaced = program === null ? [] : misplacedParts(parts, checker.placed);
  const all = [...problems, ...(misplaced.length > 0 ? misplaced : checker.problems)];
  const runtime =
    program !== null && all.length === 0 ? new DocumentRuntime(program, checker.helpers, escape) : undefined;
  return {
    problems: all,
    references: checker.references,
    calls: checker.calls,
    code(generator, valuePath) {
      // Expressions keep their places among the parts, by whose index the document asks for them.
      const values = parts.map((part) =>
        part.type === 'expression' && part.node !== null ? generator.expression(part.node, source, valuePath) : 'null',
      );
      const run = generator.constant((data: unknown, given: readonly unknown[], scope: unknown) =>
        runtime?.run(data, given, scope),
      );
      const place = { source, start: 0, end: source.length, valuePath };
      return generator.call(
        run,
        [`[${values.join(',')}]`, checker.data.code(generator)],
        (list, data) => [data, list, 's'],
        place,
      );
    },
    run: (data, given, scope) => runtime?.run(data, given, scope) ?? '',
  };
}

/** Problems of `<< … >>` inside `{{ … }}`. */
function misplacedParts(parts: readonly TemplatePart[], placed: ReadonlySet<number>): Problem[] {
  const message = '<< >> cannot stand inside {{ }}; write the name there as it is.';
  return [...parts.entries()]
    .filter(([index, part]) => isMarked(part) && !placed.has(index))
    .map(([, { start, end }]) => ({ code: 'HEDDLE_EXPRESSION_SYNTAX', severity: 'error', message, start, end }));
}

// Said explicitly, because Handlebars writes to the console where it has to decide by itself.
const OWN_DATA_ONLY = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false };

/** A document ready to render. */
class DocumentRuntime {
  readonly #render: HandlebarsRender;
  #parts: readonly unknown[] = [];
  #scope: unknown;

  constructor(program: Program, helpers: ReadonlyMap<string, HelperCall>, escape: Escape) {
    const environment = handlebars().create();
    environment.registerHelper(TEXT_HELPER, (value) => toText(value));
    environment.registerHelper(PART_HELPER, (index) => this.#parts[index as number]);
    const each = environment.helpers['each']!;
    environment.registerHelper('each', function (this: unknown, value, ...rest) {
      return each.call(this, iterable(value), ...rest);
    });
    for (const [name, call] of helpers) environment.registerHelper(name, this.#helper(name, call, environment));
    const knownHelpers = Object.fromEntries([...helpers.keys(), TEXT_HELPER, PART_HELPER].map((name) => [name, true]));
    const specification = environment.precompile(program, { noEscape: escape === 'none', knownHelpers });
    this.#render = environment.template(evaluateSpecification(specification));
  }

  run(data: unknown, parts: readonly unknown[], scope: unknown): string {
    this.#parts = parts;
    this.#scope = scope;
    try {
      return this.#render(data, OWN_DATA_ONLY);
    } catch (error) {
      if (error instanceof HeddleError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new HeddleError('HEDDLE_TEMPLATE_RENDER', `The Handlebars document cannot be rendered: ${message}.`, {
        cause: error,
      });
    } finally {
      this.#parts = [];
      this.#scope = undefined;
    }
  }

  /** A function as a helper. Without arguments a name of the data goes first: `{{status}}` in `{{#each servers}}`. */
  #helper(name: string, { min, call, binding }: HelperCall, { helpers }: Handlebars): Helper {
    const evaluate = (values: readonly unknown[]): unknown =>
      binding === undefined ? call(...values) : binding.call(this.#scope as never, ...values);
    const asBlock = helpers['blockHelperMissing']!;
    return function (this: unknown, ...values: unknown[]) {
      const options = values.pop() as HelperOptions;
      const given = values.map((value) => (value === undefined ? null : value));
      const own = given.length === 0 ? readField(this, name) : undefined;
      const value = own ?? (given.length === 0 && min > 0 ? null : evaluate(given));
      if (typeof options.fn !== 'function') return value;
      return asBlock.call(this, typeof value === 'object' && !truthy(value) ? false : value, options);
    };
  }
}

/** What Handlebars made of a document is JavaScript text; nothing of the author's is code in it. */
function evaluateSpecification(specification: string): unknown {
  const make = Reflect.construct(Function, [`return ${specification}`]) as () => unknown;
  return make();
}

/** What `{{#each}}` iterates over: maps are objects to it. */
function iterable(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [String(key), each]));
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    throw new HeddleError('HEDDLE_EXPRESSION_TYPE', `{{#each}} needs a list or an object, not ${describe(value)}.`);
  }
  return value;
}
