import type { WaitRequest } from '../actions/action.ts';
import { HeddleError } from '../errors/index.ts';
import type { RunEntry } from './entries.ts';
import type { Clock } from './host.ts';
import type { KeptSignal, RecordedWait } from './unfinished.ts';
import type { Execution } from './state.ts';

/** Who waits. */
export interface Waiter {
  readonly execution: Execution;
  readonly task: string;
  /** -1 outside an iteration. */
  readonly index: number;
  /** Key of the iteration, asked for once it is known. */
  readonly key: () => unknown;
  readonly signal: AbortSignal;
}

/** What is waited for, as `Run.waiting` lists it. */
export interface OpenWait {
  readonly task: string;
  readonly execution: number;
  /** Null outside an iteration. */
  readonly index: number | null;
  readonly key: unknown;
  readonly kind: WaitRequest['kind'];
  readonly name?: string;
  readonly prompt?: string;
  readonly schema?: object;
  /** Milliseconds since the epoch. */
  readonly untilMs?: number;
}

/** What waits tell the run they belong to. */
export interface WaitsHost {
  readonly clock: Clock;
  /** For a run that is recorded. */
  record(entry: RunEntry): void;
  /** Somebody has begun to wait, or waits no more. */
  changed(): void;
}

interface Waiting {
  readonly waiter: Waiter;
  readonly request: WaitRequest;
  readonly problemOf: ((answer: unknown) => string | null) | null;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  timer: unknown;
  onAbort: (() => void) | null;
}

/** What the tasks of one run wait for: people, signals, times. */
export class Waits {
  readonly #host: WaitsHost;
  readonly #open = new Set<Waiting>();
  readonly #signals: KeptSignal[] = [];
  /** Answers that came before their question. */
  readonly #approvals: { task: string; data: unknown; item: unknown; done: () => void }[] = [];
  #signalCount = 0;
  /** Of a run that was resumed: by execution, then index. */
  readonly #recorded = new Map<number, Map<number, RecordedWait>>();

  constructor(host: WaitsHost) {
    this.#host = host;
  }

  /** Goes on from a record. */
  restore(
    waits: Iterable<readonly [number, Map<number, RecordedWait>]>,
    signals: readonly KeptSignal[],
    count: number,
  ): void {
    for (const [execution, recorded] of waits) this.#recorded.set(execution, recorded);
    this.#signals.push(...signals);
    this.#signalCount = count;
  }

  /** How many wait. */
  get size(): number {
    return this.#open.size;
  }

  /** How many units of an execution wait. */
  countOf(execution: Execution): number {
    let count = 0;
    for (const { waiter } of this.#open) if (waiter.execution === execution) count++;
    return count;
  }

  /** When the first of them is over in any case, in milliseconds since the epoch; null: none ever is. */
  get dueAtMs(): number | null {
    let dueAtMs = Infinity;
    for (const { request } of this.#open) dueAtMs = Math.min(dueAtMs, request.untilMs ?? Infinity);
    return dueAtMs === Infinity ? null : dueAtMs;
  }

  list(): OpenWait[] {
    return [...this.#open].map(({ waiter, request }) => {
      const { kind, name, prompt, schema, untilMs } = request;
      return {
        task: waiter.task,
        execution: waiter.execution.number,
        index: waiter.index < 0 ? null : waiter.index,
        key: waiter.index < 0 ? null : waiter.key(),
        kind,
        ...(name === undefined ? {} : { name }),
        ...(prompt === undefined ? {} : { prompt }),
        ...(schema === undefined ? {} : { schema }),
        ...(untilMs === undefined ? {} : { untilMs }),
      };
    });
  }

  /** @throws HEDDLE_TIMEOUT; what the run was aborted with. */
  wait(waiter: Waiter, asked: WaitRequest, problemOf: Waiting['problemOf']): Promise<unknown> {
    const recorded = this.#takeRecorded(waiter);
    if (recorded !== null && recorded.answer !== null) return Promise.resolve(recorded.answer.data);
    const request = recorded?.entry.wait ?? this.#timed(asked);
    return new Promise((resolve, reject) => {
      if (waiter.signal.aborted) {
        reject(waiter.signal.reason as Error);
        return;
      }
      const waiting: Waiting = { waiter, request, problemOf, resolve, reject, timer: null, onAbort: null };
      this.#open.add(waiting);
      waiting.onAbort = () => {
        this.#close(waiting);
        reject(waiter.signal.reason as Error);
      };
      waiter.signal.addEventListener('abort', waiting.onAbort, { once: true });
      // Once the engine knows of the iteration, its key is known too.
      queueMicrotask(() => this.#begin(waiting, recorded === null));
    });
  }

  /**
   * Answers whoever waits for an approval.
   *
   * @throws HEDDLE_NOT_WAITING where nobody does, or several do and `item` (a key or index) names none of them;
   * HEDDLE_RESPONSE_INVALID where the answer does not fit
   */
  approve(task: string, data: unknown, item?: unknown): void {
    const candidates = [...this.#open].filter(
      ({ waiter, request }) =>
        waiter.task === task &&
        request.kind === 'approval' &&
        (item === undefined || Object.is(waiter.key(), item) || waiter.index === item),
    );
    const [waiting] = candidates;
    if (waiting === undefined || candidates.length > 1) throw notWaiting(task, item, candidates.length, this.list());
    const problem = waiting.problemOf?.(data) ?? null;
    if (problem !== null) throw new HeddleError('HEDDLE_RESPONSE_INVALID', problem, { task });
    this.#answer(waiting, data);
  }

  /**
   * The same, now or once somebody waits for it; `done` is called when it was given.
   *
   * @throws HEDDLE_RESPONSE_INVALID
   */
  approveOnce(task: string, data: unknown, item: unknown, done: () => void): void {
    try {
      this.approve(task, data, item);
      done();
    } catch (error) {
      if (!(error instanceof HeddleError) || error.code !== 'HEDDLE_NOT_WAITING') throw error;
      this.#approvals.push({ task, data, item, done });
    }
  }

  /** Wakes all who wait for the signal; where nobody does, it is kept for the next who will. */
  signal(name: string, data: unknown): void {
    const number = ++this.#signalCount;
    this.#host.record({ type: 'signalled', number, name, data });
    const waiting = [...this.#open].filter(({ request }) => request.kind === 'signal' && request.name === name);
    if (waiting.length === 0) this.#signals.push({ number, name, data });
    for (const each of waiting) this.#answer(each, data, number);
  }

  #timed({ forMs, ...request }: WaitRequest): WaitRequest {
    return forMs === undefined ? request : { ...request, untilMs: this.#host.clock.now() + forMs };
  }

  #takeRecorded({ execution, index }: Waiter): RecordedWait | null {
    const recorded = this.#recorded.get(execution.number)?.get(index) ?? null;
    this.#recorded.get(execution.number)?.delete(index);
    return recorded;
  }

  #begin(waiting: Waiting, isNew: boolean): void {
    if (!this.#open.has(waiting)) return;
    const { waiter, request } = waiting;
    const { execution, task, index } = waiter;
    const atMs = this.#host.clock.now();
    const key = index < 0 ? null : waiter.key();
    if (isNew) {
      this.#host.record({ type: 'waiting', execution: execution.number, task, index, key, wait: request, atMs });
    }
    const kept = request.kind === 'signal' ? this.#signals.findIndex(({ name }) => name === request.name) : -1;
    if (kept >= 0) {
      const [{ number, data }] = this.#signals.splice(kept, 1) as [KeptSignal];
      this.#answer(waiting, data, number);
      return;
    }
    if (request.untilMs !== undefined) {
      const timer = (): void => {
        waiting.timer = null;
        this.#expire(waiting);
      };
      waiting.timer = this.#host.clock.setTimer(Math.max(0, request.untilMs - atMs), timer);
    }
    for (const early of this.#approvals.splice(0)) this.approveOnce(early.task, early.data, early.item, early.done);
    this.#host.changed();
  }

  #expire(waiting: Waiting): void {
    const { request, waiter } = waiting;
    if (request.default !== undefined || request.kind === 'time') {
      this.#answer(waiting, request.default?.value ?? null);
      return;
    }
    this.#close(waiting);
    const what = request.kind === 'signal' ? `signal '${request.name}'` : 'approval';
    waiting.reject(new HeddleError('HEDDLE_TIMEOUT', `no ${what} came in time`, { task: waiter.task }));
  }

  #answer(waiting: Waiting, data: unknown, signal?: number): void {
    const { execution, index } = waiting.waiter;
    const taken = signal === undefined ? {} : { signal };
    this.#host.record({ type: 'answered', execution: execution.number, index, data, ...taken });
    this.#close(waiting);
    waiting.resolve(data);
  }

  #close(waiting: Waiting): void {
    if (waiting.timer !== null) this.#host.clock.clearTimer(waiting.timer);
    if (waiting.onAbort !== null) waiting.waiter.signal.removeEventListener('abort', waiting.onAbort);
    this.#open.delete(waiting);
    this.#host.changed();
  }
}

function notWaiting(task: string, item: unknown, found: number, open: readonly OpenWait[]): HeddleError {
  if (found > 1) {
    const message = `${found} iterations of '${task}' wait for an approval; name one of them by its key`;
    return new HeddleError('HEDDLE_NOT_WAITING', message, { task });
  }
  const which = item === undefined ? `task '${task}'` : `iteration ${JSON.stringify(item)} of task '${task}'`;
  const waiting = open.filter(({ kind }) => kind === 'approval').map((each) => `'${each.task}'`);
  const others = waiting.length === 0 ? 'nothing does' : `what does: ${[...new Set(waiting)].join(', ')}`;
  return new HeddleError('HEDDLE_NOT_WAITING', `${which} does not wait for an approval; ${others}`, { task });
}
