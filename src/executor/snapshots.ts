import type { ContextConstants } from '../context/index.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunEntry } from './entries.ts';
import { Replay } from './replay.ts';
import type { SavedReplay } from './saved-replay.ts';
import { weightOf } from './weight.ts';

/** Version of what is stored; one of another version is not read, since the entries say the same. */
export const SNAPSHOT_VERSION = 2;
/** A resume reads so much of a record without being slow, in bytes. */
export const LEAST_WEIGHT = 256 * 1024;
/** So many entries are kept as they are, since a run that ends with them needs no snapshot. */
const MAX_PENDING = 256;

/** A snapshot as it stands in a journal. */
export interface StoredSnapshot {
  readonly version: typeof SNAPSHOT_VERSION;
  /** Whether results that nothing can read any more are in it. */
  readonly keepsResults: boolean;
  readonly generation: number;
  readonly state: SavedReplay;
}

/** Of which run snapshots are made. */
export interface SnapshotTerms {
  readonly plan: Plan;
  readonly constants: ContextConstants;
  readonly keepsResults: boolean;
  readonly generation: number;
}

/**
 * Follows the entries of one run as they are written, with the same decisions that a resume makes of them, and says when
 * a snapshot is worth it: once the entries since the last one weigh more than the state does. So all snapshots together
 * weigh less than the record, and a resume reads no more entries than state, or {@link LEAST_WEIGHT}.
 */
export class Snapshots {
  readonly #terms: SnapshotTerms;
  /** Null once it is followed. */
  #saved: SavedReplay | null;
  #replay: Replay | null = null;
  /** Null once they are fed as they come. */
  #pending: RunEntry[] | null = [];
  /** Of the entries since the last snapshot, in bytes. */
  #weight = 0;
  /** With this weight it is looked again whether a snapshot is worth it. */
  #due = LEAST_WEIGHT;
  #isOver = false;

  /** `saved`: what the entries before the first lead to; null: there are none. */
  constructor(terms: SnapshotTerms, saved: SavedReplay | null) {
    this.#terms = terms;
    this.#saved = saved;
  }

  /**
   * Takes entries that have been written. Gives what is to be stored, if it is worth it. Snapshots only save time: where
   * the entries cannot be followed there are none any more, and the run goes on.
   */
  take(entries: readonly RunEntry[]): StoredSnapshot | null {
    if (this.#isOver) return null;
    try {
      return this.#take(entries);
    } catch {
      this.#isOver = true;
      this.#replay = null;
      return null;
    }
  }

  #take(entries: readonly RunEntry[]): StoredSnapshot | null {
    for (const entry of entries) this.#weight += weightOf(entry);
    if (this.#pending !== null) {
      for (const entry of entries) this.#pending.push(entry);
      if (this.#pending.length <= MAX_PENDING && this.#weight < this.#due) return null;
    }
    this.#follow(this.#pending ?? entries);
    this.#pending = null;
    return this.#weight < this.#due ? null : this.#save();
  }

  #follow(entries: readonly RunEntry[]): void {
    const { plan, constants, keepsResults } = this.#terms;
    const saved = this.#saved === null ? {} : { saved: this.#saved };
    this.#replay ??= new Replay(plan, constants, { keepResults: keepsResults, ...saved });
    this.#saved = null;
    // What a rerun leaves of the record is what this began with.
    for (const entry of entries) if (entry.type !== 'rerun') this.#replay.feed(entry);
  }

  #save(): StoredSnapshot | null {
    const { keepsResults, generation } = this.#terms;
    const state = this.#replay?.save() ?? null;
    const weight = state === null ? Infinity : weightOf(state, this.#weight);
    if (state === null || weight > this.#weight) {
      // It weighs more than was looked at; not before the record has grown as much is it worth another look.
      this.#due = this.#weight * 2;
      return null;
    }
    this.#weight = 0;
    this.#due = Math.max(LEAST_WEIGHT, weight);
    return { version: SNAPSHOT_VERSION, keepsResults, generation, state };
  }
}
