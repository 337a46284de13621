import { evaluate, toJson, type ExpressionPorts } from '../../expression/index.ts';
import { render } from '../../template/index.ts';
import { createNodeHost } from '../../node/host.ts';

/** Evaluates expressions and templates over a set of names. */
export interface Evaluator {
  /** The names that there are. */
  readonly names: readonly string[];
  /**
   * Evaluates an expression, or renders text that holds templates.
   *
   * @throws ExpressionError
   */
  evaluate(source: string): unknown;
  /** Makes a value available under a name. */
  set(name: string, value: unknown): void;
  /** A value as indented JSON. */
  toJson(value: unknown): string;
}

/** Creates an evaluator; `env` are the variables that `env()` may read. */
export function createEvaluator(
  names: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): Evaluator {
  const ports: ExpressionPorts = { ...createNodeHost(), env };
  const known: Record<string, unknown> = { ...names };
  return {
    get names() {
      return Object.keys(known);
    },
    evaluate(source) {
      return /<<|\{\{/.test(source) ? render(source, known, ports) : evaluate(source, known, ports);
    },
    set(name, value) {
      known[name] = value;
    },
    toJson: (value) => toJson(value, 2),
  };
}
