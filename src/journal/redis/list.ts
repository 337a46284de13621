import type { RunsPage, RunsQuery } from '../journal.ts';
import { DEFAULT_RUNS_LIMIT } from '../limits.ts';
import { readCursor, writeCursor, type RunPlace } from '../runs-cursor.ts';
import { labelText, listArguments } from './arguments.ts';
import type { Calls } from './calls.ts';
import type { Argument } from './connection.ts';
import { numberText, placeOf, summaryOf, type Row } from './rows.ts';
import { LIST } from './scripts/read.ts';

/** Runs that one call looks at, so that nobody else waits long. */
const BUDGET = 1000;

interface Found {
  readonly rows: readonly Row[];
  /** Where to go on; null at the end. */
  readonly next: RunPlace | null;
}

/** A page of runs. */
export async function listRuns(calls: Calls, query: RunsQuery): Promise<RunsPage> {
  const { limit = DEFAULT_RUNS_LIMIT, cursor, status } = query;
  if (status?.length === 0) return { runs: [], cursor: null };
  const rows: Row[] = [];
  let next = cursor === undefined ? null : readCursor(cursor);
  // One more than asked for tells whether there is another page.
  do {
    const wanted = limit + 1 - rows.length;
    const place = next;
    const found = await calls.add({
      command: LIST,
      args: () => listArgumentsOf(query, place, wanted),
      read: foundOf,
    });
    rows.push(...found.rows);
    ({ next } = found);
  } while (next !== null && rows.length <= limit);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    runs: page.map(summaryOf),
    cursor: last === undefined || rows.length <= limit ? null : writeCursor(placeOf(last)),
  };
}

function listArgumentsOf(query: RunsQuery, place: RunPlace | null, wanted: number): Argument[] {
  const {
    workflow = '',
    status = [],
    sinceMs = '-inf',
    untilMs = 'inf',
    parent,
    labels = {},
    oldestFirst = false,
  } = query;
  return [
    ...listArguments(sourcesOf(query)),
    sinceMs,
    untilMs,
    place === null ? '' : place.createdAtMs,
    place === null ? '' : numberText(place.order),
    ...listArguments(status),
    workflow,
    parent === undefined ? '' : parent === null ? 'none' : `=${parent}`,
    ...listArguments(Object.entries(labels).flatMap(([name, value]) => [labelText(name), labelText(value)])),
    oldestFirst ? '1' : '0',
    wanted,
    BUDGET,
  ];
}

/** The smallest sets that hold all that is asked for. */
function sourcesOf({ parent, pieces = false, status }: RunsQuery): string[] {
  if (typeof parent === 'string') return [`run:${parent}:${pieces ? 'pieces' : 'children'}`];
  if (status === undefined) return [pieces ? 'pieces' : 'runs'];
  return status.map((one) => `${pieces ? 'piece-status' : 'status'}:${one}`);
}

function foundOf(reply: unknown): Found {
  const [hasMore, member, createdAtMs, rows] = reply as [Buffer, Buffer, Buffer, Row[]];
  const isLast = hasMore.toString() === '0';
  return {
    rows,
    next: isLast
      ? null
      : { createdAtMs: Number(createdAtMs.toString()), order: Number(member.subarray(0, 16).toString()) },
  };
}
