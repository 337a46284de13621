import { Outcome, type ErrorRecord } from '../context/index.ts';
import type { ItemsPlan } from '../plan/plan.ts';
import type { CompletedEntry, FileIdentity, FoldedEntry, ItemEntry, ItemsEntry, RunEntry } from './entries.ts';
import { fingerprint } from './fingerprint.ts';
import { Folding, type Contributions, type SavedFolding } from './folding.ts';
import { IndexSet } from './index-set.ts';
import { ItemsTally, type SavedTally } from './items-tally.ts';

/** Another attempt that was due when a process ended. */
export interface DueRetry {
  /** The attempt that ended. */
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly dueAtMs: number;
}

/** The progress of a with-items task as data. */
export interface SavedProgress {
  readonly results: readonly unknown[];
  readonly failedResults: readonly { readonly index: number; readonly result: unknown }[];
  readonly tally: SavedTally;
  readonly folding: SavedFolding | null;
  readonly done: readonly number[];
  readonly running: readonly number[];
  /** Absent: all that are running. */
  readonly inFlight?: readonly number[];
  readonly interruptions: readonly (readonly [number, number])[];
  readonly retries: readonly (readonly [number, DueRetry])[];
  readonly elements: readonly (readonly [number, unknown])[];
  readonly pulled: number;
  readonly fingerprints: readonly number[];
  readonly positions: readonly { readonly index: number; readonly place: unknown }[];
  readonly file: FileIdentity | null;
  /** Absent: the source was not opened. */
  readonly total?: number | null;
  readonly started: number;
}

/** How far an execution of a with-items task is, as its record says. */
export class ItemsProgress {
  readonly #items: ItemsPlan;
  /** By index; holes where an iteration has not ended. */
  readonly results: unknown[] = [];
  readonly failedResults: { index: number; result: unknown }[] = [];
  readonly tally: ItemsTally;
  readonly folding: Folding | null;
  /** Iterations that have ended. */
  readonly done = new IndexSet();
  /** Iterations that had started and not ended. */
  readonly running = new Set<number>();
  /** Those of them that started in the process which worked on it last. */
  readonly #inFlight = new Set<number>();
  /** How often each of the running ones was cut off. */
  readonly interruptions = new Map<number, number>();
  readonly retries = new Map<number, DueRetry>();
  /** Elements that were pulled and whose iterations have not ended. */
  readonly elements = new Map<number, unknown>();
  /** Elements that were pulled, whether or not they are still needed, and what tells each from others. */
  pulled = 0;
  readonly fingerprints: number[] = [];
  /** Places in a file, by the index of the element that begins there. */
  readonly positions: { readonly index: number; readonly place: unknown }[] = [];
  file: FileIdentity | null = null;
  /** Undefined: the source was not opened. */
  total: number | null | undefined = undefined;
  /** One past the highest index that is known to have started. */
  started = 0;

  constructor(items: ItemsPlan, maxFailures: number) {
    this.#items = items;
    this.tally = new ItemsTally(maxFailures);
    this.folding = items.aggregate === null ? null : new Folding(items.aggregate);
  }

  /** Only iterations from `first` on are asked for, of `total`. */
  beginAt(first: number, total: number | null): void {
    this.done.addRange(0, first);
    this.started = first;
    this.total = total;
    if (this.folding !== null) this.folding.next = first;
  }

  /** The file is known, and a place in it. */
  readFrom({ file, index, place }: { file: FileIdentity; index: number; place: unknown }): void {
    this.file = file;
    if (place !== null) this.positions.push({ index, place });
  }

  /** As data; what comes later does not change it. Values are shared. */
  save(): SavedProgress {
    const { pulled, file, total, started } = this;
    return {
      results: Array.from(this.results, (result) => result ?? null),
      failedResults: [...this.failedResults],
      tally: this.tally.save(),
      folding: this.folding?.save() ?? null,
      done: this.done.save(),
      running: [...this.running],
      inFlight: [...this.#inFlight],
      interruptions: [...this.interruptions],
      retries: [...this.retries],
      elements: [...this.elements],
      pulled,
      fingerprints: [...this.fingerprints],
      positions: [...this.positions],
      file,
      ...(total === undefined ? {} : { total }),
      started,
    };
  }

  /** Goes on from what was saved. */
  restore(saved: SavedProgress): void {
    for (const result of saved.results) this.results.push(result);
    for (const failed of saved.failedResults) this.failedResults.push({ ...failed });
    this.tally.restore(saved.tally);
    if (saved.folding !== null) this.folding?.restore(saved.folding);
    this.done.restore(saved.done);
    for (const index of saved.running) this.running.add(index);
    for (const index of saved.inFlight ?? saved.running) this.#inFlight.add(index);
    for (const [index, times] of saved.interruptions) this.interruptions.set(index, times);
    for (const [index, retry] of saved.retries) this.retries.set(index, retry);
    for (const [index, element] of saved.elements) this.elements.set(index, element);
    for (const fingerprint of saved.fingerprints) this.fingerprints.push(fingerprint);
    for (const position of saved.positions) this.positions.push(position);
    this.pulled = saved.pulled;
    this.file = saved.file;
    this.total = saved.total;
    this.started = saved.started;
  }

  /** Takes an entry of the execution; others are ignored. */
  feed(entry: RunEntry): void {
    switch (entry.type) {
      case 'items':
        this.#succeed(entry);
        return;
      case 'item':
        this.#end(entry);
        return;
      case 'folded':
        this.#fold(entry);
        return;
      case 'running':
        for (const index of entry.indexes) if (!this.done.has(index)) this.#start(index);
        return;
      case 'source':
        this.total = entry.total;
        this.file = entry.file ?? this.file;
        return;
      case 'position':
        this.positions.push({ index: entry.index, place: entry.place });
        return;
      case 'elements':
        entry.elements.forEach((element, at) => {
          if (!this.done.has(this.#iterationOf(entry.from + at))) this.elements.set(entry.from + at, element);
          this.fingerprints[entry.from + at] = fingerprint(element);
        });
        this.pulled = Math.max(this.pulled, entry.from + entry.elements.length);
        return;
      case 'retrying':
        this.#start(entry.index);
        this.retries.set(entry.index, { attempt: entry.attempt, dueAtMs: entry.dueAtMs });
        return;
      case 'waiting':
        this.#start(entry.index);
        return;
      default:
    }
  }

  /** The place of the latest known element at or before `index`, where a file can be read from. */
  positionFor(index: number): { readonly index: number; readonly place: unknown } | null {
    for (let at = this.positions.length - 1; at >= 0; at--) {
      const position = this.positions[at] as { readonly index: number; readonly place: unknown };
      if (position.index <= index) return position;
    }
    return null;
  }

  /** A process ended at `atMs` or later, while those iterations ran that it had started and that do not wait. */
  interrupt(waits: ReadonlyMap<number, unknown>, atMs: number): void {
    for (const index of this.#inFlight) {
      if (waits.has(index) || (this.retries.get(index)?.dueAtMs ?? 0) > atMs) continue;
      this.interruptions.set(index, (this.interruptions.get(index) ?? 0) + 1);
    }
  }

  /** Another process goes on: it has started none of them yet. */
  takeUp(): void {
    this.#inFlight.clear();
  }

  /** What the execution came to. */
  outcome(entry: CompletedEntry): Outcome {
    const { total = null, started = this.started } = entry.items ?? {};
    const items = this.tally.outcome(total, started);
    const error = entry.error ?? null;
    return new Outcome(entry.status, this.#result(entry, started), error, entry.attempts ?? this.tally.attempts, items);
  }

  #result(entry: CompletedEntry, started: number): unknown {
    if (this.folding !== null || this.#items.results === 'none') return entry.result ?? null;
    if (this.#items.results === 'failures') {
      return this.failedResults.sort((a, b) => a.index - b.index).map((failed) => failed.result);
    }
    for (let index = 0; index < started; index++) this.results[index] ??= null;
    return this.results;
  }

  #start(index: number): void {
    this.running.add(index);
    this.#inFlight.add(index);
    if (index >= this.started) this.started = index + 1;
  }

  #finish(index: number, contributions: Contributions): void {
    this.done.add(index);
    if (this.running.size > 0) {
      this.running.delete(index);
      this.#inFlight.delete(index);
      this.interruptions.delete(index);
      this.retries.delete(index);
    }
    this.#dropElements(index);
    this.folding?.put(index, contributions);
    if (index >= this.started) this.started = index + 1;
  }

  /** Which iteration takes an element. */
  #iterationOf(element: number): number {
    return this.#items.batchSize > 0 ? Math.floor(element / this.#items.batchSize) : element;
  }

  #dropElements(iteration: number): void {
    if (this.elements.size === 0) return;
    const size = Math.max(1, this.#items.batchSize);
    for (let element = iteration * size; element < (iteration + 1) * size; element++) this.elements.delete(element);
  }

  #succeed({ from, count, indexes, results, contributions }: ItemsEntry): void {
    this.tally.succeeded += count;
    this.tally.attempts += count;
    const keeps = results !== undefined && this.#items.results === 'all';
    if (indexes === undefined && this.running.size === 0 && this.elements.size === 0 && this.folding === null) {
      // The usual case, and the one that a resume of many iterations consists of.
      if (keeps) for (let at = 0; at < count; at++) this.results[from + at] = results[at];
      this.done.addRange(from, from + count);
      this.started = Math.max(this.started, from + count);
      return;
    }
    for (let at = 0; at < count; at++) {
      const index = indexes === undefined ? from + at : (indexes[at] as number);
      if (keeps) this.results[index] = results[at];
      this.#finish(index, (contributions?.[at] as Contributions | undefined) ?? null);
    }
  }

  /** Takes what all iterations of a chunk came to; it was told of each of them where the chunk itself goes on. */
  #fold({ from, count, states, tally }: FoldedEntry): void {
    const end = from + count;
    if (this.done.firstHole >= end || this.folding === null) return;
    // Those in between were never started: something has stopped the rest.
    if (this.folding.next < from) this.folding.next = from;
    // What is read of a journal is shared by all who read it.
    this.folding.append(structuredClone(states), end);
    this.tally.add(tally);
    this.done.addRange(from, end);
    this.started = Math.max(this.started, end);
  }

  #end({ index, status, result = null, error, attempts, key, item, contribution }: ItemEntry): void {
    this.tally.attempts += attempts;
    if (this.#items.results === 'all') this.results[index] = result;
    if (status === 'succeeded') this.tally.succeeded++;
    else {
      this.tally.fail(index, item, error as ErrorRecord, attempts, () => key);
      if (this.#items.results === 'failures') this.failedResults.push({ index, result });
    }
    this.#finish(index, (contribution as Contributions | undefined) ?? null);
  }
}
