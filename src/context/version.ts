import { NameTable } from './names.ts';
import type { Outcome } from './outcome.ts';
import { Variables } from './variables.ts';

/** The names a context knows, by slot; one per plan, shared by all of its runs. */
export class ContextShape {
  readonly variables: NameTable;
  readonly tasks: NameTable;

  constructor(variables: Iterable<string> = [], tasks: Iterable<string> = []) {
    this.variables = new NameTable(variables);
    this.tasks = new NameTable(tasks);
  }
}

/** What expressions may ask of the outside world. */
export interface ContextPorts {
  now(): number;
  random(): number;
  uuid(): string;
  sha256(text: string): string;
  /** Environment variables the run was given. */
  readonly env: Readonly<Record<string, string>>;
}

/** What is the same for every version of a run's context. */
export interface ContextConstants {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly keystore: Readonly<Record<string, unknown>>;
  readonly runId: string;
  readonly workflow: string;
  readonly startedAtMs: number;
  readonly ports: ContextPorts;
}

/**
 * One version of a run's context. Whoever made it may write to it until it is handed out; from then on it never changes
 * and the next write goes to a {@link copy}, which shares every value.
 */
export class ContextVersion {
  readonly shape: ContextShape;
  readonly constants: ContextConstants;
  variables: Variables;
  /** Latest outcome of each task by slot; undefined where it has not completed. */
  outcomes: (Outcome | undefined)[];

  constructor(
    shape: ContextShape,
    constants: ContextConstants,
    variables: Variables = new Variables(shape.variables),
    outcomes: (Outcome | undefined)[] = [],
  ) {
    this.shape = shape;
    this.constants = constants;
    this.variables = variables;
    this.outcomes = outcomes;
  }

  /** A version of its own that shares every value: O(tasks) pointers. */
  copy(): ContextVersion {
    return new ContextVersion(this.shape, this.constants, this.variables, this.outcomes.slice());
  }

  /** Results by task, of those that have one: a fresh object, values shared. */
  results(): Record<string, unknown> {
    const entries = this.outcomes.map(
      (outcome, slot) => [this.shape.tasks.names[slot] as string, outcome?.result] as const,
    );
    return Object.fromEntries<unknown>(entries.filter(([, result]) => result !== undefined));
  }
}
