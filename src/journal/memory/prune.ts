import type { PruneQuery } from '../journal.ts';
import type { MemoryStore, StoredRun } from './store.ts';

/** Removes old runs, expired results and definitions that no run has; the ids of the removed runs, without pieces. */
export function pruneRuns(store: MemoryStore, { endedBeforeMs, keep = 0 }: PruneQuery, nowMs: number): string[] {
  const removed: string[] = [];
  const children = new Map<string, StoredRun[]>();
  for (const stored of store.runs.values()) {
    const { parent } = stored;
    if (parent !== null) children.set(parent.run, [...(children.get(parent.run) ?? []), stored]);
  }
  const roots = [...store.runs.values()]
    .filter(({ parent, endedAtMs }) => endedAtMs !== null && !(parent !== null && store.runs.has(parent.run)))
    .sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0) || b.order - a.order);
  for (const root of roots.slice(keep)) {
    const family = familyOf(children, root);
    if ((root.endedAtMs ?? 0) >= endedBeforeMs || family.some((stored) => isHeld(stored, nowMs))) continue;
    removed.push(...family.map(({ id }) => id));
    for (const member of family) {
      for (const { id } of below(children, member)) store.runs.delete(id);
    }
  }
  const hashes = new Set([...store.runs.values()].map(({ definitionHash }) => definitionHash));
  for (const hash of store.definitions.keys()) if (!hashes.has(hash)) store.definitions.delete(hash);
  for (const [key, { expiresAtMs }] of store.cache) if (expiresAtMs <= nowMs) store.cache.delete(key);
  return removed;
}

type Children = ReadonlyMap<string, readonly StoredRun[]>;

/** A run with the runs of its sub-workflows, down to the last. */
function familyOf(children: Children, root: StoredRun): StoredRun[] {
  const family = [root];
  for (const member of family) family.push(...childrenOf(children, member).filter(({ piece }) => !piece));
  return family;
}

/** A run with all that is below it, pieces too: what somebody still does with those is not waited for. */
function below(children: Children, root: StoredRun): StoredRun[] {
  const all = [root];
  for (const member of all) all.push(...childrenOf(children, member));
  return all;
}

function childrenOf(children: Children, { id }: StoredRun): readonly StoredRun[] {
  return children.get(id) ?? [];
}

function isHeld({ owner, expiresAtMs }: StoredRun, nowMs: number): boolean {
  return owner !== null && expiresAtMs > nowMs;
}
