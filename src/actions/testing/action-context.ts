import type { ActionContext, Logger } from '../action.ts';
import { BUILTIN_ACTIONS } from '../builtins.ts';
import { inputValidator } from '../validate.ts';

/** A context for calling an action in a test. */
export function actionContext(given: Partial<ActionContext> = {}): ActionContext {
  const silent = (): void => undefined;
  const log: Logger = { debug: silent, info: silent, warn: silent, error: silent };
  return {
    signal: new AbortController().signal,
    log,
    idempotencyKey: 'key',
    attempt: 1,
    secrets: {},
    run: 'run',
    task: 'task',
    index: undefined,
    cwd: process.cwd(),
    wait: () => Promise.reject(new Error('Nobody answers in this test.')),
    ...given,
  };
}

/** Calls a built-in action as the executor does: input checked and completed first. */
export function callAction(name: string, input: Record<string, unknown>, given: Partial<ActionContext> = {}): unknown {
  const action = BUILTIN_ACTIONS.find((each) => each.name === name);
  if (action === undefined) throw new Error(`There is no action ${name}.`);
  const problem = action.input === undefined ? null : inputValidator(action.input)(input);
  if (problem !== null) throw problem;
  const run = action.run as (input: Record<string, unknown>, context: ActionContext) => unknown;
  return run(input, actionContext(given));
}

/** What a call threw or rejected with. */
export async function failureOf(call: () => unknown): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = await call();
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error(`It did not fail but gave ${JSON.stringify(value)}.`);
}
