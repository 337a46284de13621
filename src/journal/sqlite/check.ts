import { HeddleError } from '../../errors/index.ts';
import { hashOf } from '../encode.ts';
import { readReferences } from '../decode.ts';
import type { JournalProblem } from '../journal.ts';
import type { Connection } from './connection.ts';
import type { EncodedRow } from './large-values.ts';
import type { WorkQueue } from './work-queue.ts';

/** Problems named of one kind; a file that is badly damaged has thousands. */
const MAX_PROBLEMS = 100;
const CHUNK = 100;

/** Statements that give the problems of a kind, as `run` and `message`. */
const LOOKS: readonly string[] = [
  `SELECT run.id AS run, 'its entries have a gap: ' || count(*) || ' of ' || max(place & 0xffffffff) AS message
   FROM entries LEFT JOIN runs AS run ON run.key = place >> 32 WHERE NOT coalesce(is_removed, 0)
   GROUP BY place >> 32 HAVING count(*) <> max(place & 0xffffffff)`,
  `SELECT NULL AS run, 'entries belong to no run (' || (place >> 32) || ')' AS message FROM entries
   WHERE NOT EXISTS (SELECT 1 FROM runs WHERE key = place >> 32) GROUP BY place >> 32`,
  `SELECT id AS run, 'its definition is missing' AS message FROM runs
   WHERE NOT EXISTS (SELECT 1 FROM definitions WHERE hash = definition)`,
  `SELECT id AS run, 'it is a piece of no run' AS message FROM runs AS piece
   WHERE is_piece = 1 AND NOT EXISTS (SELECT 1 FROM runs WHERE id = piece.parent_run)`,
  `SELECT id AS run, 'its lease is missing' AS message FROM runs
   WHERE ended_at_ms IS NULL AND NOT EXISTS (SELECT 1 FROM leases WHERE run = key)`,
  `SELECT run.id AS run, 'a large value is missing: ' || hash AS message FROM uses LEFT JOIN runs AS run ON run.key = holder AND kind < 2
   WHERE NOT EXISTS (SELECT 1 FROM large_values AS value WHERE value.hash = uses.hash) GROUP BY hash`,
  `SELECT NULL AS run, 'a large value is held by nobody: ' || hash AS message FROM large_values AS value
   WHERE NOT EXISTS (SELECT 1 FROM uses WHERE uses.hash = value.hash)`,
];

/** Looks for damage: of the file, of what belongs together, and of every large value against its hash. */
export async function checkJournal(connection: Connection, queue: WorkQueue): Promise<readonly JournalProblem[]> {
  const problems: JournalProblem[] = [];
  try {
    problems.push(...(await queue.read(() => checkFile(connection))));
    for (const look of LOOKS) {
      const found = await queue.read(() => connection.all<JournalProblem>(`${look} LIMIT ${MAX_PROBLEMS}`));
      problems.push(...found.map(({ run, message }) => ({ run, message })));
    }
    problems.push(...(await checkValues(connection, queue)));
  } catch (error) {
    // A damaged page ends the look that meets it; what was found before is worth telling.
    if (!(error instanceof HeddleError) || error.code !== 'HEDDLE_JOURNAL_CORRUPT') throw error;
    problems.push({ run: null, message: error.message });
  }
  return problems;
}

function checkFile(connection: Connection): JournalProblem[] {
  return connection
    .all<{ integrity_check: string }>(`PRAGMA integrity_check(${MAX_PROBLEMS})`)
    .filter((row) => row.integrity_check !== 'ok')
    .map((row) => ({ run: null, message: row.integrity_check }));
}

async function checkValues(connection: Connection, queue: WorkQueue): Promise<readonly JournalProblem[]> {
  const problems: JournalProblem[] = [];
  for (let last = 0; ;) {
    const rows = await queue.read(() =>
      connection.all<EncodedRow & { rowid: number; hash: string }>(
        'SELECT rowid, hash, data, refs FROM large_values WHERE rowid > ? ORDER BY rowid LIMIT ?',
        last,
        CHUNK,
      ),
    );
    for (const { hash, data, refs } of rows) {
      const isWhole = hashOf({ data, references: readReferences(refs) }) === hash;
      if (!isWhole && problems.length < MAX_PROBLEMS) {
        problems.push({ run: null, message: `a large value is not what was written: ${hash}` });
      }
    }
    if (rows.length < CHUNK) return problems;
    last = rows.at(-1)?.rowid ?? last;
  }
}
