import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import type { ActionContext } from '../../actions/action.ts';
import { HeddleError } from '../../errors/index.ts';
import { ownFile } from '../own-file.ts';
import { writeOutRanges } from './copyable.ts';
import { ThreadCall } from './thread-call.ts';
import type { ThreadMessage, ThreadReply, ThreadRequest } from './thread-message.ts';
import { fromThrown } from './thrown.ts';
import { Turns } from './turns.ts';

/** How long a thread stays that has nothing to do: it has loaded heddle and the actions, which takes 0.3 s. */
const IDLE_MS = 10_000;

/** Where an action is found in a thread. */
export interface ActionPlace {
  /** Absolute path of the module that exports it. */
  readonly file: string;
  readonly name: string;
}

interface Pool {
  readonly threads: Piscina;
  /** Absolute path of what they run. */
  readonly entry: string;
}

/** The threads in which actions with `cpu: true` run: as many as there are calls at once, at most one per core. */
class ActionThreads {
  readonly #turns = new Turns(availableParallelism());
  readonly #calls = new Map<number, ThreadCall>();
  #last = 0;
  #pool: Promise<Pool> | null = null;

  /**
   * Runs an action; rejects with what it throws, as the same kind of error. `signal`: of the context, asked for before
   * anything was awaited.
   */
  async run(place: ActionPlace, input: unknown, context: ActionContext, signal: AbortSignal): Promise<unknown> {
    // The pool's own queue forgets those who wait when a thread is ended.
    await this.#turns.take(signal);
    const call = new ThreadCall(++this.#last, context);
    this.#calls.set(call.number, call);
    try {
      const pool = await (this.#pool ??= this.#open());
      signal.throwIfAborted();
      const reply = await this.#ask(pool, call, requestOf(place, call.number, input, context));
      await call.heard(reply.lines);
      if (reply.thrown !== null) throw fromThrown(reply.thrown);
      return reply.value;
    } finally {
      call.end();
      this.#calls.delete(call.number);
      this.#turns.give();
    }
  }

  async #ask({ threads, entry }: Pool, call: ThreadCall, request: ThreadRequest): Promise<ThreadReply> {
    try {
      return (await threads.run(request, { filename: entry, name: 'call', signal: call.ended })) as ThreadReply;
    } catch (cause) {
      throw explain(cause, request.action, call);
    }
  }

  async #open(): Promise<Pool> {
    const entry = ownFile('threads/source-entry.mjs', 'action-thread.js');
    if (entry === undefined) {
      const message =
        'action-thread.js is missing beside heddle, which actions with cpu: true need: do not bundle heddle';
      throw new HeddleError('HEDDLE_FILE_NOT_FOUND', message);
    }
    const { Piscina } = await import('piscina');
    const threads = new Piscina({
      minThreads: 0,
      maxThreads: availableParallelism(),
      idleTimeout: IDLE_MS,
      recordTiming: false,
    });
    threads.on('message', (message: ThreadMessage | null) => {
      // An action may use the same way for messages of its own, which nobody hears.
      this.#calls.get(message?.call ?? -1)?.hear(message as ThreadMessage);
    });
    threads.on('error', (cause: Error) => {
      // What goes wrong in a thread after a call has ended concerns nobody; one that cannot start, all who wait for it.
      if (threads.threads.length > 0) return;
      const error = new HeddleError('HEDDLE_ACTION_FAILED', `no thread can be started: ${cause.message}`, { cause });
      for (const call of this.#calls.values()) call.fail(error);
    });
    return { threads, entry };
  }
}

/** Those of this process. Nothing is started before the first call. */
export const actionThreads = new ActionThreads();

function requestOf(place: ActionPlace, call: number, input: unknown, context: ActionContext): ThreadRequest {
  const { run, task, index, attempt, cwd, idempotencyKey, secrets } = context;
  const facts = { run, task, index, attempt, cwd, idempotencyKey, secrets };
  return { call, file: place.file, action: place.name, input: writeOutRanges(input), facts };
}

/** What it means that a thread gave no answer. */
function explain(cause: unknown, action: string, call: ThreadCall): unknown {
  if (call.reason !== null) return call.reason.value;
  const { name, message } = cause as Error;
  if (name === 'DataCloneError') {
    return new HeddleError(
      'HEDDLE_NOT_SERIALISABLE',
      `action '${action}' runs in a thread, and what it is given cannot be copied there (${message}); give it plain data`,
      { cause },
    );
  }
  return new HeddleError('HEDDLE_ACTION_FAILED', `the thread of action '${action}' ended: ${message}`, { cause });
}
