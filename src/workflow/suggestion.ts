import { distance } from 'fastest-levenshtein';

/** The candidate that a misspelled name most likely means; undefined where none is near. */
export function suggest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > 100) return undefined;
  const wanted = flat(name);
  let best: string | undefined;
  let bestRank = Infinity;
  for (const candidate of candidates) {
    const apart = distance(wanted, flat(candidate));
    if (apart > Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3))) continue;
    // Letters are left out or swapped more often than mistaken: `taks` means tasks, not tags.
    const foreign = [...wanted].filter((letter) => !flat(candidate).includes(letter)).length;
    const rank = apart + foreign / 100;
    if (rank < bestRank) [best, bestRank] = [candidate, rank];
  }
  return best;
}

/** Case and the kind of dash do not count. */
function flat(text: string): string {
  return text.toLowerCase().replaceAll('_', '-');
}
