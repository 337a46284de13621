import { setTimeout as sleep } from 'node:timers/promises';
import type { Argument, RedisConnection } from './connection.ts';
import { isPassing, redisError } from './redis-error.ts';
import type { Script } from './script.ts';

/** Calls sent together at most. */
const MAX_GROUP = 256;
const FIRST_DELAY_MS = 10;
const MAX_DELAY_MS = 1000;

/** What a call knows when it is sent. */
export interface Sending {
  /** Begins the arguments of a script that must not be done twice. */
  readonly identity: readonly Argument[];
  /** True once, for the first call sent together that asks with this text. */
  readonly isFirst: (text: string) => boolean;
  /** Whether the server lacked a value that was thought to be stored. */
  readonly isComplete: boolean;
}

/** The reply that asks for the call again, with the bytes of every value. */
export const SEND_ALL = Symbol('send all');

/** Sends a call ahead of those that wait. */
export type Send = <T>(call: Call<T>) => Promise<T>;

/** One call to the server. */
export interface Call<T> {
  readonly command: Script | string;
  /** Done once, when it is this call's turn: what it sends takes effect before, and whoever called later waits. */
  readonly prepare?: ((send: Send) => Promise<void>) | undefined;
  /** Made anew for each sending. */
  args(sending: Sending): readonly Argument[];
  read(reply: unknown): T | typeof SEND_ALL;
  /** Whether {@link SEND_ALL} may be the reply: what comes after it waits for that. Default false. */
  readonly mayLack?: boolean;
}

interface Waiting {
  readonly number: number;
  readonly call: Call<unknown>;
  isComplete: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Where calls go, and how a broken connection is replaced. */
export interface Line {
  /** Id of this client, unlike that of any other. */
  readonly client: string;
  /** First part of all keys. */
  readonly tag: string;
  /** For messages. */
  readonly name: string;
  /** How long a call waits for a server that is away, in milliseconds. */
  readonly patienceMs: number;
  connect(): Promise<RedisConnection>;
}

/**
 * The calls of one journal, in their order. Calls that wait together are sent together, and the next are sent when these
 * have their replies. When the connection breaks, those without a reply are sent again over another one.
 */
export class Calls {
  readonly #line: Line;
  #connection: RedisConnection;
  #waiting: Waiting[] = [];
  #count = 0;
  #isSending = false;

  constructor(line: Line, connection: RedisConnection) {
    this.#line = line;
    this.#connection = connection;
  }

  /** Adds a call. @throws HEDDLE_JOURNAL_… */
  add<T>(call: Call<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const number = ++this.#count;
      this.#waiting.push({ number, call, isComplete: false, resolve: resolve as (value: unknown) => void, reject });
      if (this.#isSending) return;
      this.#isSending = true;
      // What is called in the same turn of the event loop is sent together.
      setImmediate(() => void this.#sendAll());
    });
  }

  /** Closes the connection, when all calls have their replies. */
  close(): void {
    this.#connection.close();
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      const ready: Waiting[] = [];
      for (const waiting of group) if (await this.#prepare(waiting)) ready.push(waiting);
      if (ready.length > 0) await this.#sendGroup(ready);
    }
    this.#isSending = false;
  }

  /** False: it could not be prepared, and has its error. */
  async #prepare({ call, reject }: Waiting): Promise<boolean> {
    if (call.prepare === undefined) return true;
    try {
      await call.prepare(this.#sendAhead);
      return true;
    } catch (error) {
      reject(error);
      return false;
    }
  }

  readonly #sendAhead: Send = <T>(call: Call<T>) =>
    new Promise<T>((resolve, reject) => {
      const one = { number: 0, call, isComplete: false, resolve: resolve as (value: unknown) => void, reject };
      void this.#sendGroup([one]);
    });

  #takeGroup(): readonly Waiting[] {
    const end = this.#waiting.findIndex(({ call }) => call.mayLack === true);
    return this.#waiting.splice(0, Math.min(end === -1 ? this.#waiting.length : end + 1, MAX_GROUP));
  }

  async #sendGroup(group: readonly Waiting[]): Promise<void> {
    let left = group;
    let sinceMs: number | null = null;
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      const { unanswered, error } = await this.#try(left, group[0]?.number ?? 0);
      left = unanswered;
      if (left.length === 0) return;
      if (error === undefined) continue;
      sinceMs ??= performance.now();
      if (!isPassing(error) || performance.now() - sinceMs > this.#line.patienceMs) {
        for (const { reject } of left) reject(redisError(error, this.#line.name));
        return;
      }
      // Many who lost the same server must not come back at once.
      await sleep(delayMs * (0.5 + Math.random() / 2));
    }
  }

  /** Sends calls once. Those that are to be sent again, and the error that some of them met. */
  async #try(group: readonly Waiting[], first: number): Promise<{ unanswered: readonly Waiting[]; error?: unknown }> {
    try {
      if (!this.#connection.isOpen) this.#connection = await this.#line.connect();
    } catch (error) {
      return { unanswered: group, error };
    }
    const asked = new Set<string>();
    const isFirst = (text: string): boolean => asked.size !== asked.add(text).size;
    const replies = await Promise.allSettled(group.map((waiting) => this.#send(waiting, first, isFirst)));
    const unanswered: Waiting[] = [];
    let met: unknown;
    group.forEach((waiting, at) => {
      const reply = replies[at];
      if (reply?.status === 'fulfilled') {
        if (!settle(waiting, reply.value)) unanswered.push(waiting);
      } else if (isPassing(reply?.reason)) {
        met = reply?.reason;
        unanswered.push(waiting);
      } else waiting.reject(redisError(reply?.reason, this.#line.name));
    });
    // The next one has the scripts, and is told the primary where there was a failover.
    if (met !== undefined) this.#connection.close();
    return { unanswered, error: met };
  }

  async #send({ number, call, isComplete }: Waiting, first: number, isFirst: Sending['isFirst']): Promise<unknown> {
    const { client, tag } = this.#line;
    const args = call.args({ identity: [client, number, first], isFirst, isComplete });
    const { command } = call;
    return typeof command === 'string'
      ? this.#connection.send(command, args)
      : this.#connection.run(command, tag, args);
  }
}

/** Hands a reply over; false where the call is to be sent again. */
function settle(waiting: Waiting, reply: unknown): boolean {
  try {
    const value = waiting.call.read(reply);
    if (value === SEND_ALL) {
      waiting.isComplete = true;
      return false;
    }
    waiting.resolve(value);
  } catch (error) {
    waiting.reject(error);
  }
  return true;
}
