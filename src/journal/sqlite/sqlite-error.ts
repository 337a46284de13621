import { HeddleError, type ErrorCode } from '../../errors/index.ts';

/** Primary result codes of SQLite. */
const BUSY = 5;
const LOCKED = 6;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** Extended codes that mean there was no room, though they do not say so. */
const NO_ROOM: readonly number[] = [IOERR | (19 << 8), IOERR | (4 << 8)];
/** The database was moved or deleted. */
const READONLY_DBMOVED = READONLY | (4 << 8);

const CODES: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [BUSY]: ['HEDDLE_JOURNAL_BUSY', 'is locked by another process'],
  [LOCKED]: ['HEDDLE_JOURNAL_BUSY', 'is locked by another process'],
  [READONLY]: [
    'HEDDLE_JOURNAL_READONLY',
    'cannot be written to; check owner and permissions of the file and its directory',
  ],
  [CANTOPEN]: [
    'HEDDLE_JOURNAL_READONLY',
    'cannot be opened; check owner and permissions of the file and its directory',
  ],
  [FULL]: ['HEDDLE_JOURNAL_FULL', 'has no room left on its disk; free some and resume the run'],
  [CORRUPT]: ['HEDDLE_JOURNAL_CORRUPT', 'is damaged; run `heddle journal check`'],
  [NOTADB]: ['HEDDLE_JOURNAL_INVALID', 'is not a journal: expected a SQLite database that heddle made'],
};

/** What SQLite says where the library leaves the code out, as the package does for `all()`. */
const MESSAGES: Readonly<Record<string, number>> = {
  'database is locked': BUSY,
  'database table is locked': LOCKED,
  'attempt to write a readonly database': READONLY,
  'database disk image is malformed': CORRUPT,
  'database or disk is full': FULL,
  'unable to open database file': CANTOPEN,
  'file is not a database': NOTADB,
};

/** The result code of an error of SQLite, extended where SQLite has one; null for any other error. */
export function resultCode(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode;
  if (!('code' in error) || error.code !== 'ERR_SQLITE_ERROR') return null;
  return MESSAGES[error.message] ?? IOERR;
}

/** Whether somebody else held the lock, so that trying again is worth it. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code !== null && ((code & 0xff) === BUSY || (code & 0xff) === LOCKED);
}

/** What SQLite reported, as an error of the catalogue; anything else as it is. */
export function journalError(error: unknown, file: string): unknown {
  const code = resultCode(error);
  if (code === null || !(error instanceof Error)) return error;
  if (code === READONLY_DBMOVED) return gone(file, error);
  const primary = NO_ROOM.includes(code) ? FULL : code & 0xff;
  const [name, what] = CODES[primary] ?? ['HEDDLE_JOURNAL_IO', 'could not be read or written'];
  return new HeddleError(name, `The journal ${file} ${what} (SQLite: ${error.message}).`, { cause: error });
}

/** The error for a file that is not the one that was opened. */
export function gone(file: string, cause?: unknown): HeddleError {
  return new HeddleError(
    'HEDDLE_JOURNAL_GONE',
    `The journal ${file} was deleted or replaced while it was in use; what was recorded went with it.`,
    { cause },
  );
}
