import { nearest } from '../errors/nearest.ts';
import { HeddleError, type Location } from '../errors/index.ts';
import { analyse, compileExpression, type Node } from '../expression/index.ts';
import type { CallReference, Problem, Reference } from '../expression/names.ts';
import {
  compileValue,
  parseCondition,
  type CompiledValue,
  type ParsedCondition,
  type ParsedTemplates,
} from '../template/index.ts';
import { parseDuration, type Located, type YamlDocument, type YamlPath } from '../workflow/index.ts';
import { AGGREGATIONS } from './aggregation.ts';
import type { Report } from './check-graph.ts';
import { PlanNames, type KnownNames, type Place } from './names.ts';
import type { Aggregation, Evaluate, Evaluated, InputPlan, NumberPlan, RenderFrozen } from './plan.ts';

/** A name that a compiled text refers to, and where. */
export interface TextReference {
  readonly path: YamlPath;
  readonly place: Place;
  readonly reference?: Reference;
  readonly call?: CallReference;
}

/** A compiled condition. */
export interface Condition extends Evaluated {
  readonly node: Node;
}

/** Compiles the texts of one workflow; what is wrong with them is reported, what they refer to is kept. */
export class TextCompiler {
  readonly #document: YamlDocument;
  readonly #known: KnownNames;
  readonly #report: Report;
  /** Texts that were parsed before: `succeeded()` stands in every other task. */
  readonly #conditions = new Map<string, ParsedCondition>();
  readonly #templates: ParsedTemplates = new Map();
  #references: TextReference[] = [];
  /** The names as seen from the latest place: all texts of a task are compiled one after the other. */
  #names: { readonly place: Place; readonly names: PlanNames } | null = null;

  constructor(document: YamlDocument, known: KnownNames, report: Report) {
    this.#document = document;
    this.#known = known;
    this.#report = report;
  }

  /** The references of everything compiled since this was last called. */
  takeReferences(): TextReference[] {
    const references = this.#references;
    this.#references = [];
    return references;
  }

  /** A literal or a value with templates at any depth. */
  value(value: unknown, path: YamlPath, place: Place, raw?: true | readonly string[]): Evaluated {
    const { renderer } = this.#compile(value, path, place, raw);
    return { evaluate: (scope) => renderer.render(scope), locate: this.#locator(path) };
  }

  /** An input mapping; `keys` maps input names back to how the author spelled them. */
  input(
    value: Readonly<Record<string, unknown>>,
    path: YamlPath,
    place: Place,
    raw: true | readonly string[],
    spelling: (name: string) => string,
  ): InputPlan {
    const compiled = this.#compile(value, path, place, raw, spelling);
    return new LazyInput(compiled, this.#locator(path, spelling));
  }

  /** An expression, delimiters optional. Null where it cannot be used. */
  condition(located: Located<string>, place: Place): Condition | null {
    const { path, value } = located;
    if (this.#document.isReplaced(path)) return null;
    const { node, problems } = this.#parse(value);
    return this.#expression(node, problems, value, path, place);
  }

  /** An aggregation such as `sum_by(result().status, result().bytes)`. */
  aggregation(name: string, located: Located<string>, place: Place): Aggregation | null {
    const { path, value } = located;
    if (this.#document.isReplaced(path)) return null;
    const { node, problems } = this.#parse(value);
    this.#reportProblems(problems, path);
    if (node === null) return null;
    const kind = node.type === 'call' && Object.hasOwn(AGGREGATIONS, node.name) ? AGGREGATIONS[node.name] : undefined;
    if (node.type !== 'call' || kind === undefined) {
      const suggestion = node.type === 'call' ? nearest(node.name, Object.keys(AGGREGATIONS)) : undefined;
      const message = `an aggregation is one of ${Object.values(AGGREGATIONS)
        .map((each) => each.signature)
        .join(', ')}`;
      this.#problem(
        {
          code: 'HEDDLE_UNKNOWN_FUNCTION',
          severity: 'error',
          message,
          start: node.start,
          end: node.end,
          ...(suggestion === undefined ? {} : { suggestion }),
        },
        path,
      );
      return null;
    }
    const given = node.arguments.length;
    if (given < kind.min || given > kind.max) {
      const message = `${kind.signature} has ${given} argument${given === 1 ? '' : 's'} here`;
      this.#problem({ code: 'HEDDLE_ARGUMENTS', severity: 'error', message, start: node.start, end: node.end }, path);
      return null;
    }
    const args = [...node.arguments];
    let count = 0;
    if (kind.counted) {
      const first = args.shift() as Node;
      const value = first.type === 'literal' ? first.value : undefined;
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
        const message = `the first argument of ${kind.signature} is a whole number from 1`;
        this.#problem(
          { code: 'HEDDLE_ARGUMENTS', severity: 'error', message, start: first.start, end: first.end },
          path,
        );
        return null;
      }
      count = value;
    }
    const before = this.#references.length;
    const compiled = args.map((argument) => this.#expression(argument, [], value, path, place));
    if (compiled.some((each) => each === null)) return null;
    const calls = this.#references.slice(before).map((each) => each.call?.name);
    const locate = this.#locator(path);
    const evaluates = compiled.map((each): Evaluate => (scope) => {
      try {
        return (each as Condition).evaluate(scope);
      } catch (error) {
        throw locate(error);
      }
    });
    return { name, everyStatus: calls.includes('status') || calls.includes('error'), ...kind.create(evaluates, count) };
  }

  /** A duration in milliseconds that may be a template; a rendered number counts seconds. */
  duration(located: Located<number | string>, place: Place): NumberPlan {
    return this.#number(located, place, (value) => {
      const durationMs =
        typeof value === 'number' ? value * 1000 : typeof value === 'string' ? parseDuration(value) : null;
      if (durationMs !== null && durationMs >= 0) return durationMs;
      const found = JSON.stringify(value);
      throw new HeddleError('HEDDLE_DURATION', `expected seconds or text such as 250ms, 5s or 2m, found ${found}`);
    });
  }

  /** A whole number from 1 that may be a template. */
  count(located: Located<number | string>, place: Place): NumberPlan {
    return this.#number(located, place, (value) => {
      if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
      throw new HeddleError(
        'HEDDLE_EXPRESSION_VALUE',
        `expected a whole number from 1, found ${JSON.stringify(value)}`,
      );
    });
  }

  #parse(text: string): ParsedCondition {
    let parsed = this.#conditions.get(text);
    if (parsed === undefined) {
      parsed = parseCondition(text);
      this.#conditions.set(text, parsed);
    }
    return parsed;
  }

  #namesAt(place: Place): PlanNames {
    if (this.#names?.place !== place) this.#names = { place, names: new PlanNames(this.#known, place) };
    return this.#names.names;
  }

  #number(located: Located<number | string>, place: Place, convert: (value: unknown) => number): NumberPlan {
    const { value, path } = located;
    if (typeof value === 'number') return value;
    const compiled = this.value(value, path, place);
    return { evaluate: (scope) => convert(compiled.evaluate(scope)), locate: compiled.locate, text: value };
  }

  #compile(
    value: unknown,
    path: YamlPath,
    place: Place,
    raw?: true | readonly string[],
    spelling: (name: string) => string = (name) => name,
  ): CompiledValue {
    const as = place.iteration?.as ?? null;
    const compiled = compileValue(value, this.#namesAt(place), {
      raw: raw ?? [],
      itemNames: as === null ? ITEM : ['item', as],
      parsed: this.#templates,
    });
    for (const problem of compiled.problems) this.#problem(problem, spelled(path, problem.path, spelling));
    let valuePath: YamlPath = [];
    let full = path;
    // Most references of a value stand in one text.
    const pathOf = (inner: YamlPath): YamlPath => {
      if (inner !== valuePath) full = spelled(path, inner, spelling);
      valuePath = inner;
      return full;
    };
    for (const reference of compiled.references) {
      this.#references.push({ path: pathOf(reference.valuePath), place, reference });
    }
    for (const call of compiled.calls) this.#references.push({ path: pathOf(call.valuePath), place, call });
    return compiled;
  }

  #expression(
    node: Node | null,
    problems: readonly Problem[],
    source: string,
    path: YamlPath,
    place: Place,
  ): Condition | null {
    this.#reportProblems(problems, path);
    if (node === null) return null;
    const names = this.#namesAt(place);
    const analysis = analyse(node, names);
    this.#reportProblems(analysis.problems, path);
    for (const reference of analysis.references) this.#references.push({ path, place, reference });
    for (const call of analysis.calls) this.#references.push({ path, place, call });
    if (problems.some(isError) || analysis.problems.some(isError)) return null;
    // Code is generated when it is first needed: to check a workflow takes none.
    let compiled: Evaluate | null = null;
    const evaluate: Evaluate = (scope) => (compiled ??= compileExpression(node, source, names))(scope);
    return { node, evaluate, locate: this.#locator(path) };
  }

  #reportProblems(problems: readonly Problem[], path: YamlPath): void {
    for (const problem of problems) this.#problem(problem, path);
  }

  #problem(problem: Problem, path: YamlPath): void {
    if (this.#document.isReplaced(path)) return;
    const { code, severity, message, suggestion, start, end } = problem;
    const finding = { code, severity, message, ...(suggestion === undefined ? {} : { suggestion }) };
    this.#report(finding, { path, within: { start, end } });
  }

  #locator(path: YamlPath, spelling: (name: string) => string = (name) => name): (error: unknown) => unknown {
    return (error) => {
      if (!(error instanceof HeddleError) || error.location !== undefined || this.#document.isObject) return error;
      const { valuePath = [], start = 0 } = error as { valuePath?: readonly (string | number)[]; start?: number };
      error.location = this.locationOf(spelled(path, valuePath, spelling), start);
      return error;
    };
  }

  /** The place of a character of the text at a path. */
  locationOf(path: YamlPath, index = 0): Location {
    const { line, column } = this.#document.positionAt(this.#document.offsetInScalar(path, index));
    const { file } = this.#document;
    return { line, column, ...(file === undefined ? {} : { file }) };
  }
}

const ITEM: readonly string[] = ['item'];

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

function spelled(path: YamlPath, inner: YamlPath, spelling: (name: string) => string): YamlPath {
  if (inner.length === 0) return path;
  const [first, ...rest] = inner;
  return first === undefined ? path : [...path, typeof first === 'string' ? spelling(first) : first, ...rest];
}

/** An input whose code is generated when it is first rendered: to check a workflow takes none. */
class LazyInput implements InputPlan {
  render: Evaluate;
  renderFrozen: RenderFrozen;
  readonly itemOnly: boolean;
  readonly sharesNothing: boolean;
  readonly locate: (error: unknown) => unknown;
  readonly prepare: () => void;

  constructor({ itemOnly, renderer }: CompiledValue, locate: (error: unknown) => unknown) {
    this.itemOnly = itemOnly;
    this.sharesNothing = renderer.sharesNothing;
    this.locate = locate;
    // Plain fields, so that whoever calls them reads a field and not a chain of getters.
    this.prepare = () => {
      this.render = renderer.render;
      this.renderFrozen = renderer.renderFrozen;
    };
    this.render = (scope) => (this.render = renderer.render)(scope);
    this.renderFrozen = (scope, freeze) => (this.renderFrozen = renderer.renderFrozen)(scope, freeze);
  }
}
