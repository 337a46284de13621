import type { Journal } from '../journal/index.ts';
import { DEFAULT_PRIORITY, tagsOf, type RunTags } from './jobs.ts';

/** What is kept of a run. */
export interface KnownTags extends RunTags {
  readonly workflow: string;
}

const MAX_KEPT = 10_000;

/** Where jobs of runs go, read once from the journal. */
export class TagsCache {
  readonly #journal: Journal;
  readonly #known = new Map<string, KnownTags>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** `queue`: where a job of it came from, for a run that says nothing itself. Null: there is no such run. */
  async of(run: string, queue: string): Promise<KnownTags | null> {
    const known = this.#known.get(run);
    if (known !== undefined) return known;
    const record = await this.#journal.run(run);
    if (record === null) return null;
    const tags = tagsOf(record.labels) ?? { queue, priority: DEFAULT_PRIORITY };
    const found = { ...tags, workflow: record.workflow };
    if (this.#known.size >= MAX_KEPT) this.#known.clear();
    this.#known.set(run, found);
    return found;
  }

  forget(run: string): void {
    this.#known.delete(run);
  }
}
