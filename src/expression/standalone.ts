import { analyse } from './analysis.ts';
import type { Compiled } from './code-frame.ts';
import { compileExpression } from './compile.ts';
import { CONTEXT_FUNCTIONS } from './context-functions.ts';
import { ExpressionError } from './expression-error.ts';
import { failOutsideRun, HOST_FUNCTIONS, type ExpressionPorts } from './host-functions.ts';
import type { CallBinding, Names, Problem } from './names.ts';
import { parseExpression } from './parser.ts';
import { readField } from './access.ts';

const MAX_CACHED = 500;

/** The scope of expressions that stand alone: a plain record of names. */
export class StandaloneScope {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #ports: ExpressionPorts | undefined;

  constructor(values: Readonly<Record<string, unknown>>, ports?: ExpressionPorts) {
    this.#values = values;
    this.#ports = ports;
  }

  /** The value of a name, or undefined; own data only. */
  get(name: string): unknown {
    return readField(this.#values, name);
  }

  names(): readonly string[] {
    return Object.keys(this.#values);
  }

  /** Calls a function that needs the outside world. */
  call(name: string, values: readonly unknown[]): unknown {
    const implementation = HOST_FUNCTIONS.get(name);
    if (implementation === undefined || this.#ports === undefined) return failOutsideRun(name);
    return implementation(this.#ports, ...values);
  }
}

const CALLS: ReadonlyMap<string, CallBinding> = new Map(
  CONTEXT_FUNCTIONS.map(({ name, min, max }) => [
    name,
    {
      minArguments: min,
      maxArguments: max,
      call: (scope: StandaloneScope, ...values: unknown[]): unknown => scope.call(name, values),
    },
  ]),
);

/** Names over a {@link StandaloneScope}: any name may stand, and one without a value is missing when it is read. */
export const STANDALONE_NAMES: Names = {
  bind: (root) => ({
    code: `s.get(${JSON.stringify(root)})`,
    consumed: 0,
    noun: `value named ${root}`,
    candidates: (scope: StandaloneScope) => scope.names(),
  }),
  bindCall: (name) => CALLS.get(name),
  calls: [...CALLS.keys()],
};

/** Throws the first error among `problems`, found in `source`, as an {@link ExpressionError}. */
export function throwFirstError(
  problems: readonly Problem[],
  source: string,
  valuePath: readonly (string | number)[] = [],
): void {
  const first = problems.find((problem) => problem.severity === 'error');
  if (first === undefined) return;
  const advice = first.suggestion === undefined ? '' : ` Did you mean ${first.suggestion}?`;
  throw new ExpressionError(first.code, first.message + advice, {
    source,
    start: first.start,
    end: first.end,
    valuePath,
  });
}

const cache = new Map<string, Compiled>();

function compileStandalone(expression: string): Compiled {
  const known = cache.get(expression);
  if (known !== undefined) return known;
  const { node, problems } = parseExpression(expression);
  const found = node === null ? problems : [...problems, ...analyse(node, STANDALONE_NAMES).problems];
  throwFirstError(found, expression);
  const compiled = compileExpression(node!, expression, STANDALONE_NAMES);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(expression, compiled);
  return compiled;
}

/**
 * Evaluates an expression (without delimiters) over a record of names. `ports` give `now()`, `uuid()`, `random()`,
 * `sha256()` and `env()`; without them these fail. Throws {@link ExpressionError}.
 *
 * @example evaluate('a.b + 1', { a: { b: 2 } }) // 3
 */
export function evaluate(
  expression: string,
  names: Readonly<Record<string, unknown>> = {},
  ports?: ExpressionPorts,
): unknown {
  return compileStandalone(expression)(new StandaloneScope(names, ports));
}
