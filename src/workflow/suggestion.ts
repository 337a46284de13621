import { closest, distance } from 'fastest-levenshtein';

/** The candidate that a misspelled name most likely means; undefined where none is near. */
export function suggest(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || name.length > 100) return undefined;
  const flat = (text: string): string => text.toLowerCase().replaceAll('_', '-');
  const byFlat = new Map(candidates.map((candidate) => [flat(candidate), candidate]));
  const best = closest(flat(name), [...byFlat.keys()]);
  const limit = Math.max(1, Math.floor(Math.max(name.length, best.length) / 3));
  return distance(flat(name), best) <= limit ? byFlat.get(best) : undefined;
}
