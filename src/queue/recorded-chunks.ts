import type { ChunkTerms } from '../executor/chunk-terms.ts';
import type { RunEntry } from '../executor/entries.ts';
import type { Journal, RecordedStatus, RunsPage } from '../journal/index.ts';
import { createOwner } from '../node/lease-owner.ts';
import { chunkPrefix, readChunkName } from './chunk-name.ts';
import type { Range, TaskKey } from './coordination/coordination.ts';

/** A chunk that the journal has. */
export interface RecordedChunk {
  readonly id: string;
  readonly hasEnded: boolean;
}

const PAGE = 1000;
/** How long a record is held that is marked as ended, in milliseconds. */
const MARK_MS = 5000;

/** Statuses of runs that have not ended. */
export const OPEN: readonly RecordedStatus[] = ['pending', 'running', 'waiting', 'blocked'];

/** The chunks of an execution, in the order of their iterations. */
export async function recordedChunks(journal: Journal, key: TaskKey): Promise<readonly RecordedChunk[]> {
  const prefix = chunkPrefix(key);
  const found: (RecordedChunk & { readonly from: number })[] = [];
  let cursor: string | null = null;
  do {
    const page: RunsPage = await journal.runs({
      parent: key.run,
      pieces: true,
      oldestFirst: true,
      limit: PAGE,
      ...(cursor === null ? {} : { cursor }),
    });
    for (const { id, status } of page.runs) {
      if (!id.startsWith(prefix)) continue;
      found.push({ id, hasEnded: !OPEN.includes(status), from: readChunkName(id)?.from ?? 0 });
    }
    ({ cursor } = page);
  } while (cursor !== null);
  return found.sort((one, other) => one.from - other.from);
}

/** Ids of the chunks of an execution that have ended, in the order of their iterations. */
export async function endedChunks(journal: Journal, key: TaskKey): Promise<readonly string[]> {
  return (await recordedChunks(journal, key)).filter(({ hasEnded }) => hasEnded).map(({ id }) => id);
}

/** The iterations of a recorded chunk; null: it was removed meanwhile. */
export async function rangeOf(journal: Journal, chunk: string): Promise<Range | null> {
  const record = await journal.run(chunk);
  if (record === null) return null;
  const { from, count } = record.parameters as ChunkTerms;
  return count === null || from < 0 ? { from: 0, count: 1 } : { from, count };
}

/** Ends a run or a chunk that nobody works on; false: somebody does, or it has ended. */
export async function endUnstarted(journal: Journal, id: string, reason: string): Promise<boolean> {
  const record = await journal.run(id);
  if (record === null || !OPEN.includes(record.status)) return false;
  const lease = await journal.acquire(id, { owner: createOwner(), ttlMs: MARK_MS });
  if (lease === null) return false;
  const atMs = Date.now();
  const durationMs = Math.max(0, atMs - record.createdAtMs);
  const entries: RunEntry[] = [
    { type: 'cancelling', reason },
    { type: 'ended', status: 'cancelled', output: {}, errors: [], durationMs, atMs },
  ];
  const answered = (await journal.requests(id)).map((request) => request.id);
  await journal.append(lease, { entries, answered, patch: { status: 'cancelled', endedAtMs: atMs }, release: true });
  return true;
}
