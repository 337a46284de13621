import type { Action } from '../../src/actions/action.ts';
import type { Timing } from './interpreter.ts';
import { outcomeOf, type Script } from './workflow.ts';

/** The action `test.step`, and what was asked of it. */
export interface StepAction {
  readonly action: Action;
  /** Tasks in the order in which they called. */
  readonly calls: readonly string[];
}

/**
 * An action that does what a script says. `at once` it returns or throws; `later` it promises, and keeps its promises
 * one at a time, in the order in which they were made, the event loop having a turn between them.
 */
export function createStepAction(script: Script, timing: Timing): StepAction {
  const calls: string[] = [];
  const promised: (() => void)[] = [];
  const keepNext = (): void => {
    promised.shift()?.();
    if (promised.length > 0) setImmediate(keepNext);
  };
  const run = ({ task }: { readonly task: string }): unknown => {
    calls.push(task);
    const attempt = calls.filter((call) => call === task).length;
    const outcome = outcomeOf(script, task, attempt);
    const error = outcome === 'succeeded' ? null : new Error(`attempt ${attempt} of ${task} ends ${outcome}`);
    if (timing === 'later') {
      return new Promise<string>((resolve, reject) => {
        promised.push(() => (error === null ? resolve(task) : reject(error)));
        if (promised.length === 1) setImmediate(keepNext);
      });
    }
    if (error !== null) throw error;
    return task;
  };
  const input = { type: 'object', properties: { task: { type: 'string' } }, required: ['task'] };
  return { action: { name: 'test.step', input, run }, calls };
}
