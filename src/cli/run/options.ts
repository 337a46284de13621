import { InvalidArgumentError } from 'commander';
import type { ActionOptions } from '../environment.ts';
import type { RecordingOptions } from './recording.ts';

/** The options of `heddle run`, as commander gives them. */
export interface RunCommandOptions extends ActionOptions, RecordingOptions {
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
  /** False: `--no-wait`. */
  readonly wait?: boolean;
}

/** For options that take a whole number from 1 on. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1) throw new InvalidArgumentError('It must be a whole number of at least 1.');
  return value;
}
