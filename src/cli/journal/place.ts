import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { HeddleError } from '../../errors/index.ts';
import type { Journal } from '../../journal/journal.ts';
import { parseServerAddress } from '../../journal/server-address.ts';
import { nameOfUrl } from '../../journal/server-url.ts';
import { findConfig } from '../../node/config.ts';
import type { Terminal } from '../terminal.ts';

/** The option of every command that reads a journal. */
export interface JournalOptions {
  /** False: `--no-journal`. */
  readonly journal?: string | false;
}

/** Where a journal is. */
export interface JournalPlace {
  /** Absolute; null: on a server. */
  readonly file: string | null;
  /** Null: in a file. */
  readonly url: string | null;
  /** As it is shown, without a password. */
  readonly name: string;
  /** Whether nobody named it. */
  readonly isDefault: boolean;
}

const DEFAULT_NAME = path.join('.heddle', 'heddle.db');

/** Adds `--journal`. */
export function withJournalOption(command: Command): Command {
  return command.option('--journal <FILE|URL>', `journal (default: ${DEFAULT_NAME} of the project, or HEDDLE_JOURNAL)`);
}

/**
 * Where the journal is: the one that was named, that of the environment, else `.heddle/heddle.db` beside the nearest
 * `heddle.config`, or in the working directory where there is none. It does not depend on the workflow, so that
 * `heddle runs` in the same place finds what `heddle run` wrote.
 */
export function journalPlace({ journal }: JournalOptions, { cwd, env }: Terminal): JournalPlace {
  const given = typeof journal === 'string' ? journal : (env.HEDDLE_JOURNAL ?? '');
  if (given !== '') return givenPlace(given, cwd);
  const config = findConfig(cwd);
  const file = path.join(config === undefined ? cwd : path.dirname(config), DEFAULT_NAME);
  return { file, url: null, name: path.relative(cwd, file), isDefault: true };
}

function givenPlace(given: string, cwd: string): JournalPlace {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(given)) {
    return { file: path.resolve(cwd, given), url: null, name: given, isDefault: false };
  }
  if (/^file:/i.test(given)) return { file: fileURLToPath(given), url: null, name: given, isDefault: false };
  const name = nameOf(given);
  return { file: null, url: given, name, isDefault: false };
}

/** The name of a journal on a server, without its password. */
function nameOf(given: string): string {
  try {
    return parseServerAddress(given).name;
  } catch {
    // Whoever opens it says what is wrong with it.
    return URL.canParse(given) ? nameOfUrl(new URL(given)) : 'of that URL';
  }
}

/** Opens a journal for what runs; makes it where there is none. @throws HEDDLE_JOURNAL_… */
export async function openJournal({ file, url }: JournalPlace): Promise<Journal> {
  const { openJournal: open } = await import('../../journal/open-journal.ts');
  return open(file ?? url ?? '');
}

/** Whether there may be something to read: nothing is made for somebody who only looks. */
export function journalExists({ file }: JournalPlace): boolean {
  return file === null || existsSync(file);
}

/**
 * Opens the journal of `options` for a command that looks for runs, does what is to be done with it, and closes it.
 *
 * @throws HEDDLE_RUN_UNKNOWN where there is none: nothing is made for somebody who only looks
 */
export async function withJournal<T>(
  options: JournalOptions,
  terminal: Terminal,
  work: (journal: Journal, place: JournalPlace) => Promise<T>,
): Promise<T> {
  const place = journalPlace(options, terminal);
  if (!journalExists(place)) throw noJournal(place);
  const journal = await openJournal(place);
  try {
    return await work(journal, place);
  } finally {
    await journal.close();
  }
}

function noJournal({ name }: JournalPlace): HeddleError {
  return new HeddleError(
    'HEDDLE_RUN_UNKNOWN',
    `There is no journal ${name}: no run was recorded here. Runs are recorded beside heddle.config, else in the directory where \`heddle run\` was called.`,
  );
}
