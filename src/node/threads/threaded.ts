import { fileURLToPath } from 'node:url';
import type { Action, ActionContext } from '../../actions/action.ts';
import type { ActionPlace } from './action-threads.ts';

let loading: Promise<typeof import('./action-threads.ts')> | null = null;

async function runInThread(place: ActionPlace, input: unknown, context: ActionContext): Promise<unknown> {
  const { signal } = context;
  loading ??= import('./action-threads.ts');
  const { actionThreads } = await loading;
  return actionThreads.run(place, input, context, signal);
}

/** By the action as it was defined, and by itself: the same one is handed out each time. */
const known = new WeakMap<Action, Action>();

/**
 * An action as it is called: one with `cpu: true` in a thread, which imports its module and finds it there by its name.
 * The same action where it is not, or where nobody knows its module.
 *
 * @param file that it was loaded from; absolute
 */
export function threaded(action: Action, file?: string): Action {
  const module = action.module ?? file;
  if (action.cpu !== true || module === undefined) return action;
  let made = known.get(action);
  if (made === undefined) {
    const place = { file: module.startsWith('file:') ? fileURLToPath(module) : module, name: action.name };
    const run = (input: unknown, context: ActionContext): Promise<unknown> => runInThread(place, input, context);
    made = Object.freeze({ ...action, module, run });
    known.set(action, made);
    known.set(made, made);
  }
  return made;
}
