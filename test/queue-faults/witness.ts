import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A call of the action `fault.effect`, in whatever process. */
export interface Call {
  readonly pid: number;
  readonly index: number;
  readonly idempotencyKey: string;
  /** When the action was called, by the clock of the machine. */
  readonly startedAtMs: number;
  /** Numbers of what happened, in order: of the call, and of its end. Null: it has not ended. */
  readonly at: number;
  endedAt: number | null;
  /** Whether its signal was aborted. */
  isAborted: boolean;
}

/** What a call is told: to succeed, to fail, or to end its process by a signal or by itself. */
export type Answer = 'ok' | 'fail' | 'die' | 'exit';

interface Watcher {
  readonly condition: (call: Call, count: number) => boolean;
  readonly resolve: (call: Call) => void;
}

interface Held {
  readonly call: Call;
  readonly answer: () => void;
}

/**
 * The world outside of the processes that are killed: takes the side effects of all of them over sockets, notes each, and
 * acknowledges it. An action has its result only once its effect has happened and was acknowledged.
 */
export class Witness {
  readonly calls: Call[] = [];
  /** Calls that have not ended, at most, of those that are asked for by {@link countsAsInFlight}. */
  peak = 0;
  /** What a call is told. */
  answer: (call: Call) => Answer = () => 'ok';
  /** How long a call takes, in milliseconds. */
  delayMs = 0;
  /** Calls that are not answered until they are let go of with {@link release}. */
  holds: (call: Call) => boolean = () => false;
  countsAsInFlight: (call: Call) => boolean = () => true;
  readonly #server: Server;
  readonly #sockets = new Map<Socket, Map<number, Call>>();
  readonly #held = new Set<Held>();
  readonly #waiting = new Set<() => void>();
  readonly #watchers = new Set<Watcher>();
  #happened = 0;
  #inFlight = 0;

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async open(): Promise<Witness> {
    const witness = new Witness();
    await new Promise<void>((resolve) => witness.#server.listen(0, '127.0.0.1', resolve));
    return witness;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Forgets what has happened, and what was to be done about it. */
  reset(): void {
    this.calls.length = 0;
    this.peak = 0;
    this.#inFlight = 0;
    this.#held.clear();
    this.delayMs = 0;
    this.#watchers.clear();
    this.answer = () => 'ok';
    this.holds = () => false;
    this.countsAsInFlight = () => true;
  }

  /** Resolves with the call that makes `condition` true, at the moment it comes. */
  when(condition: (call: Call, count: number) => boolean): Promise<Call> {
    return new Promise((resolve) => this.#watchers.add({ condition, resolve }));
  }

  /** Answers calls that are held, and holds no further ones of that kind. */
  release(which: (call: Call) => boolean = () => true): void {
    const { holds } = this;
    this.holds = (call) => holds(call) && !which(call);
    for (const held of this.#held) {
      if (!which(held.call)) continue;
      this.#held.delete(held);
      held.answer();
    }
  }

  /** Calls that have begun and not ended, of a process or of all. */
  inFlight(pid?: number): readonly Call[] {
    return this.calls.filter((call) => call.endedAt === null && (pid === undefined || call.pid === pid));
  }

  /** How often each effect has happened. */
  counts(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (const { index } of this.calls) counts.set(index, (counts.get(index) ?? 0) + 1);
    return counts;
  }

  /** Resolves when nothing more can come from a process that has ended. */
  async gone(pid: number): Promise<void> {
    while ([...this.#sockets.values()].some((calls) => [...calls.values()].some((call) => call.pid === pid))) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    const calls = new Map<number, Call>();
    this.#sockets.set(socket, calls);
    // A process that is killed leaves a broken connection behind.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#sockets.delete(socket);
      for (const call of calls.values()) this.#end(call);
      for (const held of this.#held) if ([...calls.values()].includes(held.call)) this.#held.delete(held);
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    });
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line, socket, calls);
    });
  }

  #take(line: string, socket: Socket, calls: Map<number, Call>): void {
    const [what, id, pid, index, idempotencyKey = '', startedAtMs] = line.split(' ');
    const number = Number(id);
    if (what === 'abort') {
      const aborted = calls.get(number);
      if (aborted === undefined) return;
      aborted.isAborted = true;
      this.#end(aborted);
      return;
    }
    const call: Call = {
      pid: Number(pid),
      index: Number(index),
      idempotencyKey,
      startedAtMs: Number(startedAtMs),
      at: ++this.#happened,
      endedAt: null,
      isAborted: false,
    };
    calls.set(number, call);
    this.calls.push(call);
    if (this.countsAsInFlight(call)) this.peak = Math.max(this.peak, ++this.#inFlight);
    for (const watcher of this.#watchers) {
      if (!watcher.condition(call, this.calls.length)) continue;
      this.#watchers.delete(watcher);
      watcher.resolve(call);
    }
    const answer = (): void => {
      if (call.endedAt !== null) return;
      this.#end(call);
      if (!socket.destroyed) socket.write(`${number} ${this.answer(call)}\n`);
    };
    if (this.holds(call)) this.#held.add({ call, answer });
    else if (this.delayMs > 0) setTimeout(answer, this.delayMs);
    else answer();
  }

  #end(call: Call): void {
    if (call.endedAt !== null) return;
    call.endedAt = ++this.#happened;
    if (this.countsAsInFlight(call)) this.#inFlight -= 1;
  }
}
