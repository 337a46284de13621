import { hashOf } from '../encode.ts';
import type { JournalProblem } from '../journal.ts';
import { unpack } from '../packed.ts';
import { readValues } from './large-values.ts';
import type { Session } from './session.ts';
import type { WorkQueue } from './work-queue.ts';

/** Problems named of one kind; a store that is badly damaged has thousands. */
const MAX_PROBLEMS = 100;
const CHUNK = 100;

/** Statements that give the problems of a kind, as `run` and `message`. */
const LOOKS: readonly string[] = [
  `SELECT id AS run, 'its entries have a gap: ' || found || ' of ' || seq AS message FROM (
     SELECT id, seq, (SELECT count(*) FROM heddle.entries WHERE entries.run = key AND entries.seq BETWEEN 1 AND leases.seq) AS found
     FROM heddle.runs JOIN heddle.leases ON leases.run = key WHERE NOT is_removed) AS counted WHERE found <> seq`,
  `SELECT NULL AS run, 'entries belong to no run (' || run || ')' AS message FROM heddle.entries
   WHERE NOT EXISTS (SELECT 1 FROM heddle.runs WHERE key = run) GROUP BY run`,
  `SELECT id AS run, 'its definition is missing' AS message FROM heddle.runs
   WHERE NOT EXISTS (SELECT 1 FROM heddle.definitions WHERE hash = definition)`,
  `SELECT id AS run, 'it is a piece of no run' AS message FROM heddle.runs AS piece
   WHERE is_piece AND NOT EXISTS (SELECT 1 FROM heddle.runs WHERE runs.id = piece.parent_run)`,
  `SELECT id AS run, 'its lease is missing' AS message FROM heddle.runs
   WHERE NOT EXISTS (SELECT 1 FROM heddle.leases WHERE run = key)`,
  `SELECT min(id) AS run, 'a large value is missing: ' || hash AS message
   FROM heddle.uses LEFT JOIN heddle.runs ON key = holder AND kind < 2
   WHERE NOT EXISTS (SELECT 1 FROM heddle.large_values AS value WHERE value.hash = uses.hash) GROUP BY hash`,
  `SELECT NULL AS run, 'a large value is held by nobody: ' || hash AS message FROM heddle.large_values AS value
   WHERE NOT EXISTS (SELECT 1 FROM heddle.uses WHERE uses.hash = value.hash)`,
];

/** Looks for damage: of what belongs together, and of every large value against its hash. */
export async function checkJournal(queue: WorkQueue): Promise<readonly JournalProblem[]> {
  const problems: JournalProblem[] = [];
  for (const look of LOOKS) {
    problems.push(...(await queue.read((session) => session.query<JournalProblem>(`${look} LIMIT ${MAX_PROBLEMS}`))));
  }
  return [...problems, ...(await checkValues(queue))];
}

async function checkValues(queue: WorkQueue): Promise<readonly JournalProblem[]> {
  const query: Session['query'] = (text, ...values) => queue.read((session) => session.query(text, ...values));
  const problems: JournalProblem[] = [];
  for (let last = ''; problems.length < MAX_PROBLEMS;) {
    const after = last;
    const rows = await queue.read((session) =>
      session.query<{ hash: string }>(
        'SELECT hash FROM heddle.large_values WHERE hash > $1 ORDER BY hash LIMIT $2',
        after,
        CHUNK,
      ),
    );
    for (const { hash } of rows) {
      const bytes = (await readValues(query, [hash])).get(hash);
      if (bytes !== undefined && hashOf(unpack(bytes)) === hash) continue;
      // It may have gone since it was listed.
      const isThere = await query('SELECT 1 FROM heddle.large_values WHERE hash = $1', hash);
      if (isThere.length === 0) continue;
      const what = bytes === undefined ? 'lacks parts' : 'is not what was written';
      problems.push({ run: null, message: `a large value ${what}: ${hash}` });
    }
    if (rows.length < CHUNK) break;
    last = rows.at(-1)?.hash ?? last;
  }
  return problems;
}
