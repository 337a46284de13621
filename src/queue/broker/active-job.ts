import type { JobJson, MinimalJob } from 'bullmq';
import { HeddleError } from '../../errors/index.ts';
import type { KeptLock, LockKeeper } from '../locks/lock-keeper.ts';
import type { Handled, HeldLease } from './broker.ts';

/** What came of the work on a job. */
export type Settled =
  | { readonly type: 'done' | 'lost' | 'given-up' }
  | { readonly type: 'again'; readonly inMs: number }
  | { readonly type: 'failed'; readonly inMs: number; readonly error: unknown };

/** What work that was told to stop may take to do so, in milliseconds; then its job goes to others anyway. */
const GRACE_MS = 2000;
const FIRST_DELAY_MS = 5000;
const MAX_DELAY_MS = 60_000;

/** A job that this process has taken. */
export class ActiveJob {
  readonly id: string;
  readonly token: string;
  readonly json: JobJson;
  readonly #controller = new AbortController();
  readonly #lock: KeptLock;
  readonly #givenUp: Promise<void>;
  #giveUp = (): void => {};
  #state: 'held' | 'lost' | 'given-up' = 'held';

  /** `queue`: as BullMQ calls it. */
  constructor(json: JobJson, token: string, locks: LockKeeper, queue: string) {
    this.id = json.id;
    this.json = json;
    this.token = token;
    this.#givenUp = new Promise((resolve) => (this.#giveUp = resolve));
    this.#lock = locks.hold({ key: token, queue, id: json.id }, (error) => {
      if (this.#state !== 'held') return;
      this.#state = 'lost';
      this.#controller.abort(error);
      this.#giveUp();
    });
  }

  /** Aborted when the job was lost, or is given up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Somebody else has the job. */
  get isLost(): boolean {
    return this.#state === 'lost';
  }

  /** This process lets go of the job. */
  get isGivenUp(): boolean {
    return this.#state === 'given-up';
  }

  /** Resolves when the job is lost or given up. */
  get over(): Promise<void> {
    return this.#givenUp;
  }

  /** The part of BullMQ's job that its backends read when one ends. */
  get minimal(): MinimalJob {
    const part: Partial<MinimalJob> = { id: this.id, opts: this.json.opts };
    return part as MinimalJob;
  }

  keep(lease: HeldLease): () => void {
    return this.#lock.keep(lease);
  }

  /** Aborts the work on the job, which is for others then. */
  giveUp(): void {
    if (this.#state !== 'held') return;
    this.#state = 'given-up';
    this.#controller.abort(new HeddleError('HEDDLE_CANCELLED', 'The worker ends; the job goes back to the queue.'));
    this.#giveUp();
  }

  /** Does the work, unless the job was given up before. Never rejects. */
  async settle(work: (job: ActiveJob) => Promise<Handled>): Promise<Settled> {
    if (this.isGivenUp) return { type: 'given-up' };
    const worked = Promise.resolve()
      .then(() => work(this))
      .then(
        (handled): Settled => (handled === undefined ? { type: 'done' } : { type: 'again', inMs: handled.againInMs }),
        (error: unknown): Settled => ({ type: 'failed', inMs: this.#failureDelayMs(), error }),
      );
    const timer: { current?: NodeJS.Timeout } = {};
    // What was lost has no hurry to end: its slot is taken until then.
    const grace = this.over.then(() =>
      this.isLost ? worked : new Promise<null>((resolve) => (timer.current = setTimeout(resolve, GRACE_MS, null))),
    );
    const settled = await Promise.race([worked, grace]);
    clearTimeout(timer.current);
    if (this.isLost) return { type: 'lost' };
    return this.isGivenUp || settled === null ? { type: 'given-up' } : settled;
  }

  /** Its lock is not kept alive any more. */
  end(): void {
    this.#lock.drop();
  }

  /** BullMQ counts failures for us: only they are attempts. */
  #failureDelayMs(): number {
    return Math.min(FIRST_DELAY_MS * 2 ** Math.min(this.json.attemptsMade, 10), MAX_DELAY_MS);
  }
}
