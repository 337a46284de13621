import { mkdirSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Option, type Command } from 'commander';
import { HeddleError } from '../../errors/index.ts';
import type { Durability } from '../../executor/index.ts';
import type { Journal } from '../../journal/journal.ts';
import { UsageError } from '../error-report.ts';
import {
  journalPlace,
  openJournal,
  withJournalOption,
  type JournalOptions,
  type JournalPlace,
} from '../journal/place.ts';
import { pruneNowAndThen } from '../journal/retention.ts';
import type { Terminal } from '../terminal.ts';

/** Options of commands that record what they run. */
export interface RecordingOptions extends JournalOptions {
  readonly durability?: Durability | 'off';
}

/** Where a run is recorded, and how. */
export interface Recording {
  readonly journal: Journal;
  readonly place: JournalPlace;
  readonly durability: Durability;
  /** Writes what is under way and closes the journal; old runs are removed now and then. */
  close(): Promise<void>;
}

/** Adds `--journal` and `--durability`; what goes on with a recorded run cannot switch it off. */
export function withRecordingOptions(command: Command, isNew: boolean): Command {
  const durability = new Option(
    '--durability <HOW>',
    'batched (default): a killed process loses its last 20 ms, which run again; strict: nothing that anything depends on',
  );
  return withJournalOption(command).addOption(durability.choices([...(isNew ? ['off'] : []), 'batched', 'strict']));
}

/**
 * Opens the journal that a run is to be recorded in; null where it is not to be.
 *
 * @throws HEDDLE_USAGE for options that contradict each other; HEDDLE_JOURNAL_… where it cannot be opened: a run that was
 * to be recorded does not run without
 */
export async function openRecording(options: RecordingOptions, terminal: Terminal): Promise<Recording | null> {
  const { durability = 'batched', journal: given } = options;
  if (given === false || durability === 'off') {
    if (given === false && options.durability !== undefined && durability !== 'off') {
      throw new UsageError(`--no-journal records nothing, so that --durability ${durability} has no meaning`);
    }
    return null;
  }
  const place = journalPlace(options, terminal);
  if (place.isDefault && place.file !== null) makeDirectory(path.dirname(place.file));
  const journal = await openOrExplain(place);
  return {
    journal,
    place,
    durability,
    close: async () => {
      // Nothing of the run depends on it; what cannot be removed now is next time.
      await pruneNowAndThen(journal, Date.now()).catch(() => undefined);
      await journal.close();
    },
  };
}

/** Nothing has run yet where the journal cannot be opened, and whoever is in a hurry can do without. */
async function openOrExplain(place: JournalPlace): Promise<Journal> {
  try {
    return await openJournal(place);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const way =
      'Nothing was run. --journal FILE records the run elsewhere, --no-journal nowhere: it then ends with its process.';
    throw new HeddleError(error.code, `${error.message}\n${way}`, { cause: error });
  }
}

/** The project's own directory for runs is not for version control. What cannot be made is told when it is opened. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(directory, '.gitignore'), '*\n');
  } catch {
    return;
  }
}
