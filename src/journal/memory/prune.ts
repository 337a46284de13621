import type { PruneQuery } from '../journal.ts';
import type { MemoryStore, StoredRun } from './store.ts';

/** Removes old runs, expired results and definitions that no run has; the ids of the removed runs. */
export function pruneRuns(store: MemoryStore, { endedBeforeMs, keep = 0 }: PruneQuery, nowMs: number): string[] {
  const removed: string[] = [];
  const children = new Map<string, StoredRun[]>();
  for (const stored of store.runs.values()) {
    const { parent } = stored.run;
    if (parent !== undefined) children.set(parent.run, [...(children.get(parent.run) ?? []), stored]);
  }
  const roots = [...store.runs.values()]
    .filter(({ run, endedAtMs }) => endedAtMs !== null && !(run.parent && store.runs.has(run.parent.run)))
    .sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0) || b.order - a.order);
  for (const root of roots.slice(keep)) {
    const family = familyOf(children, root);
    if ((root.endedAtMs ?? 0) >= endedBeforeMs || family.some((stored) => isHeld(stored, nowMs))) continue;
    for (const { run } of family) {
      store.runs.delete(run.id);
      removed.push(run.id);
    }
  }
  const hashes = new Set([...store.runs.values()].map(({ run }) => run.definition.hash));
  for (const hash of store.definitions.keys()) if (!hashes.has(hash)) store.definitions.delete(hash);
  for (const [key, { expiresAtMs }] of store.cache) if (expiresAtMs <= nowMs) store.cache.delete(key);
  return removed;
}

/** A run with the runs of its sub-workflows, down to the last. */
function familyOf(children: ReadonlyMap<string, readonly StoredRun[]>, root: StoredRun): StoredRun[] {
  const family = [root];
  for (const member of family) family.push(...(children.get(member.run.id) ?? []));
  return family;
}

function isHeld({ owner, expiresAtMs }: StoredRun, nowMs: number): boolean {
  return owner !== null && expiresAtMs > nowMs;
}
