import type { Action } from '../actions/action.ts';
import type { HeddleError } from '../errors/index.ts';
import type { ParameterDefinition } from '../workflow/index.ts';
import type { Plan } from './plan.ts';

/** The actions a workflow may name; handed in, so that planning loads none of them. */
export interface ActionLookup {
  get(name: string): Action | undefined;
  names(): readonly string[];
  /** A function that checks a rendered input; null: the action takes anything. */
  validator(action: Action): ((input: unknown) => HeddleError | null) | null;
  /** Input names as the action's schema spells them: `max_bytes` → `max-bytes`. */
  spellInput(action: Action, input: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
}

/** A workflow found by name or path. */
export interface FoundWorkflow {
  readonly name: string;
  readonly parameters: readonly ParameterDefinition[];
  /** Throws a WorkflowError where it is not valid. */
  readonly plan: () => Plan;
}

/** The workflows a workflow may name. */
export interface WorkflowLookup {
  /** By name or path, as seen from a directory; undefined: there is none. */
  find(name: string, directory: string): FoundWorkflow | undefined;
  names(): readonly string[];
}

/** Checks values against JSON Schemas; handed in, so that planning loads no schema compiler. */
export interface SchemaChecker {
  /** What is wrong with a value, in sentences that begin with `noun`; defaults inside the value are filled in. */
  problems(schema: object, value: unknown, noun: string): readonly string[];
}
