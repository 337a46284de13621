/** What a thread of actions runs: one call after the other. */
import type { Action } from '../../actions/action.ts';
import { HeddleError } from '../../errors/index.ts';
import { exportedActions } from '../load-actions.ts';
import { isPlainData, writeOutRanges } from './copyable.ts';
import { ThreadContext } from './thread-context.ts';
import type { ThreadReply, ThreadRequest } from './thread-message.ts';
import { toThrown } from './thrown.ts';

const modules = new Map<string, Promise<readonly Action[]>>();

/** Makes a call. Never rejects. */
export async function call(request: ThreadRequest): Promise<ThreadReply> {
  const context = new ThreadContext(request);
  try {
    const { run } = await find(request);
    const value = await run(request.input as never, context);
    return { lines: context.lines, value: copyable(value, request.action), thrown: null };
  } catch (thrown) {
    return { lines: context.lines, value: null, thrown: copyableThrown(thrown, request.action) };
  } finally {
    context.close();
  }
}

async function find({ file, action: name }: ThreadRequest): Promise<Action> {
  let loading = modules.get(file);
  if (loading === undefined) {
    loading = exportedActions(file);
    modules.set(file, loading);
  }
  const action = (await loading).find((each) => each.name === name);
  if (action !== undefined) return action;
  throw new HeddleError(
    'HEDDLE_ACTION_INVALID',
    `${file} does not export action '${name}', which runs in a thread and is looked for there. ` +
      'Export it, or name the file that does: defineAction({ cpu: true, module: import.meta.url, … }).',
  );
}

/** @throws HEDDLE_NOT_SERIALISABLE */
function copyable(result: unknown, action: string): unknown {
  try {
    const value = writeOutRanges(result);
    // What cannot be copied must be found here: in the middle of the answer it would end the thread.
    if (!isPlainData(value)) structuredClone(value);
    return value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `action '${action}' returned something that cannot leave its thread (${reason}); return plain data`;
    throw new HeddleError('HEDDLE_NOT_SERIALISABLE', message, { cause });
  }
}

function copyableThrown(thrown: unknown, action: string): ThreadReply['thrown'] {
  const data = toThrown(thrown);
  if (data.kind !== 'action') return data;
  try {
    return { ...data, result: copyable(data.result, action) };
  } catch (error) {
    return toThrown(error);
  }
}
