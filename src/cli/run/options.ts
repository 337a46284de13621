import type { ActionOptions } from '../environment.ts';

/** The options of `heddle run`, as commander gives them. */
export interface RunCommandOptions extends ActionOptions {
  readonly param?: readonly string[];
  readonly params?: string;
  readonly secrets?: string;
  readonly env?: readonly string[];
  readonly json?: true;
  readonly events?: true;
  readonly quiet?: true;
  readonly dryRun?: true;
  readonly cost?: true;
  readonly keepResults?: true;
  readonly concurrency?: number;
  readonly record?: string;
}
