import { HeddleError } from '../../errors/index.ts';
import type { Database } from './driver.ts';

/** "hddl", by which `file` and we know our databases. */
const APPLICATION_ID = 0x6864646c;

/**
 * Each brings a file from the version before to the next; the first makes an empty one. What was released stays as it is.
 *
 * - `entries.place` is the key of the run and the sequence in one number: the entries of a run lie together, in order, in
 *   one tree. `leases` is apart from `runs` so that the row that every batch reads is small; a run that was over at
 *   once has none, and is at its first epoch.
 * - A short record that was written at once, with its run, stands in `runs.entries` as one list, until somebody acquires
 *   the run. All others stand in `entries`.
 * - What a small run costs is the pages it writes, a few microseconds each: that is why `runs` has few indexes, and no
 *   AUTOINCREMENT since version 3. The row of a run goes last, so that its key is free of all else when it is used again.
 * - Pieces of runs (`is_piece`) stand in indexes of their own, since there may be thousands of one run, and lists skip them.
 * - `data` is text (JSON) or a blob (`v8.serialize`); `refs` says where in it large values belong.
 * - `uses` says who holds which large value; `kind` is a {@link UseKind}. Who holds a value is also listed for all that is
 *   inside that value, so that what nobody uses can go by itself.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE migrations (version INTEGER PRIMARY KEY, applied_at_ms INTEGER NOT NULL);
  CREATE TABLE definitions (hash TEXT NOT NULL UNIQUE, data NOT NULL);
  CREATE TABLE runs (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    definition TEXT NOT NULL,
    parameters NOT NULL,
    parameters_refs TEXT,
    status TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    ended_at_ms INTEGER,
    parent_run TEXT,
    parent_task TEXT,
    fork TEXT,
    labels TEXT,
    summary,
    is_removed INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX runs_by_creation ON runs (created_at_ms, key);
  CREATE INDEX runs_by_end ON runs (ended_at_ms, key);
  CREATE INDEX runs_by_parent ON runs (parent_run);
  CREATE INDEX runs_by_definition ON runs (definition);
  CREATE TABLE leases (
    run INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    owner TEXT,
    expires_at_ms INTEGER NOT NULL
  );
  CREATE TABLE entries (place INTEGER PRIMARY KEY, data NOT NULL, refs TEXT);
  CREATE TABLE snapshots (run INTEGER PRIMARY KEY, seq INTEGER NOT NULL, data NOT NULL, refs TEXT);
  CREATE TABLE requests (id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, data NOT NULL);
  CREATE INDEX requests_by_run ON requests (run, id);
  CREATE TABLE results (key INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, data NOT NULL, refs TEXT, expires_at_ms REAL);
  CREATE INDEX results_by_expiry ON results (expires_at_ms);
  CREATE TABLE large_values (hash TEXT NOT NULL UNIQUE, data NOT NULL, refs TEXT);
  CREATE TABLE uses (
    kind INTEGER NOT NULL,
    holder INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (kind, holder, hash)
  ) WITHOUT ROWID;
  CREATE INDEX uses_by_hash ON uses (hash);
  `,
  `
  ALTER TABLE runs ADD COLUMN is_piece INTEGER NOT NULL DEFAULT 0;
  DROP INDEX runs_by_creation;
  DROP INDEX runs_by_end;
  DROP INDEX runs_by_parent;
  CREATE INDEX runs_by_creation ON runs (created_at_ms, key) WHERE is_piece = 0;
  CREATE INDEX runs_by_end ON runs (ended_at_ms, key) WHERE is_piece = 0;
  CREATE INDEX runs_by_parent ON runs (parent_run, created_at_ms, key) WHERE parent_run IS NOT NULL;
  CREATE INDEX pieces_by_status ON runs (status, created_at_ms, key) WHERE is_piece = 1;
  `,
  `
  CREATE TABLE runs_anew (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    definition TEXT NOT NULL,
    parameters NOT NULL,
    parameters_refs TEXT,
    status TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    ended_at_ms INTEGER,
    parent_run TEXT,
    parent_task TEXT,
    is_piece INTEGER NOT NULL DEFAULT 0,
    fork TEXT,
    labels TEXT,
    summary,
    entries TEXT,
    is_removed INTEGER NOT NULL DEFAULT 0
  );
  INSERT INTO runs_anew SELECT key, id, workflow, definition, parameters, parameters_refs, status, created_at_ms,
    started_at_ms, ended_at_ms, parent_run, parent_task, is_piece, fork, labels, summary, NULL, is_removed FROM runs;
  DROP TABLE runs;
  ALTER TABLE runs_anew RENAME TO runs;
  CREATE INDEX runs_by_creation ON runs (created_at_ms, key, ended_at_ms, parent_run) WHERE is_piece = 0;
  CREATE INDEX runs_by_parent ON runs (parent_run, created_at_ms, key) WHERE parent_run IS NOT NULL;
  CREATE INDEX pieces_by_status ON runs (status, created_at_ms, key) WHERE is_piece = 1;
  CREATE INDEX runs_removed ON runs (key) WHERE is_removed = 1;
  `,
];

/** The version this heddle writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The version of a file, 0 for an empty one. @throws HEDDLE_JOURNAL_INVALID, HEDDLE_JOURNAL_VERSION */
export function versionOf(database: Database, file: string): number {
  const version = readPragma(database, 'user_version');
  const application = readPragma(database, 'application_id');
  const isEmpty = version === 0 && application === 0 && readPragma(database, 'schema_version') === 0;
  if (!isEmpty && application !== APPLICATION_ID) {
    throw new HeddleError(
      'HEDDLE_JOURNAL_INVALID',
      `The journal ${file} is a SQLite database of another program. Move it away, or name another file.`,
    );
  }
  if (version > SCHEMA_VERSION) {
    throw new HeddleError(
      'HEDDLE_JOURNAL_VERSION',
      `The journal ${file} is of version ${version}, written by a newer heddle; this one knows up to ${SCHEMA_VERSION}. Use that heddle or a newer one.`,
    );
  }
  return version;
}

/** Brings a file to {@link SCHEMA_VERSION}; within a transaction. */
export function migrate(database: Database, file: string, nowMs: number): void {
  const version = versionOf(database, file);
  if (version === SCHEMA_VERSION) return;
  for (const sql of MIGRATIONS.slice(version)) database.exec(sql);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
  const insert = database.prepare('INSERT INTO migrations (version, applied_at_ms) VALUES (?, ?)');
  for (let applied = version + 1; applied <= SCHEMA_VERSION; applied++) insert.run(applied, nowMs);
}

function readPragma(database: Database, name: string): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Record<string, number> | undefined;
  return row?.[name] ?? 0;
}
