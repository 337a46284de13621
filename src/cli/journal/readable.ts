import type { Present, ReadJournal } from '../../history/index.ts';
import type { Journal } from '../../journal/journal.ts';
import { isGone } from '../../node/lease-owner.ts';

/** By what leases are judged: the clock, and which processes of this machine are gone. */
export function present(): Present {
  return { nowMs: Date.now(), isGone };
}

/** A journal as histories are read from it. */
export function readable(journal: Journal): ReadJournal {
  return {
    run: (id) => journal.run(id),
    entries: (id, query) => journal.entries(id, query),
    resolve: async (run, entries) => {
      const { resolvedRecord } = await import('../../node/resolved-record.ts');
      return resolvedRecord(run, await journal.definition(run.definitionHash), entries);
    },
  };
}
