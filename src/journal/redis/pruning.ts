import type { PruneQuery } from '../journal.ts';
import type { Calls } from './calls.ts';
import { EXPIRE_RESULTS } from './scripts/result.ts';
import { CANDIDATES, REMOVE, SWEEP, SWEEP_RUNS } from './scripts/prune.ts';

/** Things that one call looks at or removes, so that nobody else waits long. */
const CHUNK = 500;
/** Runs below a removed one that one call removes. */
const RUNS_CHUNK = 100;

/** Removes old runs, family by family, and then what they held, also what an earlier prune that died left. */
export async function pruneRuns(
  calls: Calls,
  { endedBeforeMs, keep = 0 }: PruneQuery,
  now: () => number | '',
): Promise<readonly string[]> {
  const roots = (await rootsOf(calls)).slice(keep).filter(({ endedAtMs }) => endedAtMs < endedBeforeMs);
  // Calls that wait together are sent together.
  const removed = await Promise.all(
    roots.map(({ id }) =>
      calls.add({ command: REMOVE, args: ({ identity }) => [...identity, id, endedBeforeMs, now()], read: idsOf }),
    ),
  );
  const isMore = (reply: unknown): boolean => String(reply) === '1';
  while (await calls.add({ command: SWEEP_RUNS, args: () => [RUNS_CHUNK], read: isMore }));
  while (await calls.add({ command: SWEEP, args: () => [CHUNK], read: isMore }));
  for (let expired = CHUNK; expired === CHUNK;) {
    const before = now();
    expired = await calls.add({
      command: EXPIRE_RESULTS,
      args: () => [before === '' ? Date.now() : before, CHUNK],
      read: (reply) => Number(String(reply)),
    });
  }
  return removed.flat();
}

/** Ended runs that no other run is the parent of, the latest first. */
async function rootsOf(calls: Calls): Promise<readonly { id: string; endedAtMs: number }[]> {
  const roots: { id: string; endedAtMs: number }[] = [];
  for (let start = 0; ; start += CHUNK) {
    const rank = start;
    const page = await calls.add({
      command: CANDIDATES,
      args: () => [rank, CHUNK],
      read: (reply) => (reply as Buffer[][]).map((found) => found.map(String)),
    });
    for (const [id = '', endedAtMs, isRoot] of page)
      if (isRoot === '1') roots.push({ id, endedAtMs: Number(endedAtMs) });
    if (page.length < CHUNK) return roots;
  }
}

function idsOf(reply: unknown): readonly string[] {
  const text = String(reply);
  return text === '' ? [] : (JSON.parse(text) as string[]);
}
