import { accessSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HeddleError } from '../../errors/index.ts';
import { waitedFor } from './backoff.ts';
import { Checkpointer, MAX_WAL_BYTES } from './checkpointer.ts';
import { loadDriver, type Database, type DriverName, type Row, type SqlValue, type Statement } from './driver.ts';
import { refuseNetwork } from './filesystem.ts';
import { Reserve } from './reserve.ts';
import { migrate, SCHEMA_VERSION, versionOf } from './schema.ts';
import { gone, journalError } from './sqlite-error.ts';

/**
 * Pages in the WAL from which on a commit moves them itself. The {@link Checkpointer} does so long before, unless readers
 * keep it from it.
 */
const AUTOMATIC_PAGES = 16_384;
/** What SQLite has for that by itself. */
const DEFAULT_AUTOMATIC_PAGES = 1000;
/** For so long it is not looked again whether the file is still there, unless a commit is to be durable; in milliseconds. */
const VERIFIED_MS = 10;

/** An open journal file. */
export class Connection {
  readonly file: string;
  readonly reserve: Reserve;
  readonly #database: Database;
  readonly #statements = new Map<string, Statement>();
  readonly #inode: string | null;
  readonly #checkpointer: Checkpointer;
  #isDurable = false;
  #verifiedMs = -Infinity;
  #writtenBytes = 0;

  constructor(file: string, database: Database, driver?: DriverName) {
    this.file = file;
    this.#database = database;
    this.#inode = inodeOf(file);
    this.reserve = new Reserve(file);
    database.exec(`PRAGMA wal_autocheckpoint = ${AUTOMATIC_PAGES}`);
    this.#checkpointer = new Checkpointer(file, driver, () => {
      database.exec(`PRAGMA wal_autocheckpoint = ${DEFAULT_AUTOMATIC_PAGES}`);
    });
  }

  /** Executes what gives no rows; how many rows it changed. */
  run(sql: string, ...parameters: readonly SqlValue[]): number {
    for (const value of parameters) {
      if (typeof value === 'string' || value instanceof Uint8Array) this.#writtenBytes += value.length;
    }
    return Number(this.#statement(sql).run(...parameters).changes);
  }

  /** Inserts a row and gives its number. */
  insert(sql: string, ...parameters: readonly SqlValue[]): number {
    return this.insertIfAbsent(sql, ...parameters) ?? 0;
  }

  /** The same; null where the statement found a reason not to. */
  insertIfAbsent(sql: string, ...parameters: readonly SqlValue[]): number | null {
    const { changes, lastInsertRowid } = this.#statement(sql).run(...parameters);
    return Number(changes) === 0 ? null : Number(lastInsertRowid);
  }

  /** The first row, or undefined. `T` is what the statement selects. */
  get<T = Row>(sql: string, ...parameters: readonly SqlValue[]): T | undefined {
    return this.#statement(sql).get(...parameters) as T | undefined;
  }

  /** All rows. `T` is what the statement selects. */
  all<T = Row>(sql: string, ...parameters: readonly SqlValue[]): readonly T[] {
    return this.#statement(sql).all(...parameters) as readonly T[];
  }

  /** Whether commits from now on wait for the disk. */
  setDurable(isDurable: boolean): void {
    if (isDurable === this.#isDurable) return;
    this.#database.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`);
    this.#isDurable = isDurable;
  }

  /** Begins a transaction; one that writes locks out others who write. */
  begin(isWrite: boolean): void {
    this.run(isWrite ? 'BEGIN IMMEDIATE' : 'BEGIN');
  }

  /** Ends a transaction. */
  commit(isWrite: boolean): void {
    this.run('COMMIT');
    if (isWrite) this.noteCommit();
  }

  /** Who writes waits for this; null: nothing to wait for. */
  get pause(): Promise<void> | null {
    return this.#checkpointer.rest;
  }

  /** Something was written: it is to be moved into the database some time. */
  noteCommit(): void {
    this.#checkpointer.note(this.#writtenBytes);
    this.#writtenBytes = 0;
  }

  /** Ends a transaction that failed; it may have ended by itself. */
  rollback(): void {
    try {
      this.run('ROLLBACK');
    } catch {
      // SQLite rolls back by itself when the disk is full.
    }
  }

  /**
   * Whoever deletes the file takes with it what was written before and what is written until that is noticed, which is
   * {@link VERIFIED_MS} later at most: a look for every small transaction would take a tenth of its time.
   *
   * @throws HEDDLE_JOURNAL_GONE where the name leads to another file than the one that is open, or to none.
   */
  verifyFile(): void {
    // Windows lets nobody delete an open file, and its file numbers do not fit.
    if (process.platform === 'win32') return;
    const nowMs = performance.now();
    if (!this.#isDurable && nowMs - this.#verifiedMs < VERIFIED_MS) return;
    if (inodeOf(this.file) !== this.#inode) throw gone(this.file);
    this.#verifiedMs = nowMs;
  }

  async close(): Promise<void> {
    await this.#checkpointer.close();
    this.#statements.clear();
    this.#database.close();
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function inodeOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}`;
}

/**
 * Opens a journal file, makes it where there is none (mode 0600, its directory 0700), and brings it to the current version.
 *
 * @throws HEDDLE_JOURNAL_BUSY, _DRIVER, _FILESYSTEM, _FULL, _INVALID, _IO, _READONLY, _VERSION
 */
export async function openConnection(file: string, busyTimeoutMs: number, driver?: DriverName): Promise<Connection> {
  makeFile(file);
  const Database = await loadDriver(driver);
  let database: Database | null = null;
  try {
    // Waiting inside SQLite would stop the event loop.
    const opened = new Database(file, { timeout: 0 });
    database = opened;
    await waitedFor(() => prepareDatabase(opened, file), busyTimeoutMs);
    return new Connection(file, opened, driver);
  } catch (error) {
    database?.close();
    throw journalError(error, file);
  }
}

function prepareDatabase(database: Database, file: string): void {
  const version = versionOf(database, file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${MAX_WAL_BYTES}`);
  if (version === SCHEMA_VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    migrate(database, file, Date.now());
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** Makes the file where there is none, and refuses one that cannot be written to before SQLite half opens it. */
function makeFile(file: string): void {
  const directory = dirname(file);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    refuseNetwork(directory);
    const stat = statSync(file, { throwIfNoEntry: false });
    // SQLite gives the files beside it the same mode. A file that exists must not be opened here: closing it would end
    // the locks that other connections of this process have on it.
    if (stat === undefined) makeEmpty(file);
    else if (!stat.isFile()) throw notAFile(file);
    accessSync(file, constants.R_OK | constants.W_OK);
    accessSync(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw fileError(file, error);
  }
}

function makeEmpty(file: string): void {
  try {
    closeSync(openSync(file, 'ax', 0o600));
  } catch (error) {
    // Another process was quicker.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function notAFile(file: string): HeddleError {
  return new HeddleError('HEDDLE_JOURNAL_INVALID', `${file} is no file, expected a journal. Name another.`);
}

function fileError(file: string, error: unknown): unknown {
  if (error instanceof HeddleError || !(error instanceof Error)) return error;
  const details = { cause: error };
  switch ('code' in error ? error.code : null) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    // What Node.js makes of a directory that cannot be made on a read-only file system.
    case 'ENOENT':
      return new HeddleError(
        'HEDDLE_JOURNAL_READONLY',
        `The journal ${file} cannot be written to: ${error.message}. Check owner and permissions of the file and its directory, or run with --no-journal.`,
        details,
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new HeddleError(
        'HEDDLE_JOURNAL_FULL',
        `There is no room for the journal ${file}: ${error.message}.`,
        details,
      );
    default:
      return new HeddleError('HEDDLE_JOURNAL_IO', `The journal ${file} cannot be opened: ${error.message}.`, details);
  }
}
