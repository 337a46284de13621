import { HeddleError } from '../../errors/index.ts';
import type { Journal, RunSummary } from '../../journal/journal.ts';
import type { JournalPlace } from './place.ts';

/** Runs read at once. */
const PAGE = 1000;
/** Characters of an id that are shown at least. */
const SHORT = 8;
/** Runs that an error names. */
const NAMED = 5;

/**
 * The run that a text means: its id, the beginning of one, or `last`, the newest that no other run started.
 *
 * @throws HEDDLE_RUN_UNKNOWN where it means none, or several
 */
export async function findRun(journal: Journal, text: string, place: JournalPlace): Promise<RunSummary> {
  const exact = await journal.run(text);
  if (exact !== null) return exact;
  if (text === 'last') {
    const { runs } = await journal.runs({ parent: null, limit: 1 });
    const [newest] = runs;
    if (newest === undefined) throw new HeddleError('HEDDLE_RUN_UNKNOWN', `There is no run in ${place.name} yet.`);
    return newest;
  }
  const found = await runsThatBegin(journal, text);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only === undefined) throw await unknownRun(journal, text, place);
  throw new HeddleError(
    'HEDDLE_RUN_UNKNOWN',
    `'${text}' is the beginning of several runs; give more of it:\n${found.slice(0, NAMED).map(describe).join('\n')}`,
  );
}

async function runsThatBegin(journal: Journal, text: string): Promise<readonly RunSummary[]> {
  const found: RunSummary[] = [];
  if (text === '') return found;
  let cursor: string | null = null;
  do {
    const page = await journal.runs({ limit: PAGE, ...(cursor === null ? {} : { cursor }) });
    found.push(...page.runs.filter(({ id }) => id.startsWith(text)));
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}

async function unknownRun(journal: Journal, text: string, place: JournalPlace): Promise<HeddleError> {
  const { runs } = await journal.runs({ parent: null, limit: NAMED });
  const latest = runs.length === 0 ? 'It has none yet.' : `The latest are:\n${runs.map(describe).join('\n')}`;
  return new HeddleError('HEDDLE_RUN_UNKNOWN', `There is no run '${text}' in ${place.name}. ${latest}`);
}

function describe({ id, workflow, status }: RunSummary): string {
  return `${id}  ${workflow}  ${status}`;
}

/** The shortest beginnings of ids, at least {@link SHORT} characters long, that tell them apart. */
export function shortIds(ids: readonly string[]): ReadonlyMap<string, string> {
  const shortened = new Map<string, string>();
  const sorted = [...new Set(ids)].sort();
  for (const [at, id] of sorted.entries()) {
    const shared = Math.max(common(id, sorted[at - 1] ?? ''), common(id, sorted[at + 1] ?? ''));
    shortened.set(id, id.slice(0, Math.max(SHORT, shared + 1)));
  }
  return shortened;
}

function common(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
