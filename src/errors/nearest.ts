import { distance } from 'fastest-levenshtein';

/** How many candidates are compared before a suggestion is not worth its time. */
const MAX_CANDIDATES = 2000;
/** A longer word is no misspelled name. */
const MAX_LENGTH = 100;

/**
 * The candidate that a misspelled name most likely means, for "did you mean": at most a third of its letters may
 * differ; their case, and `-` against `_`, do not count. Undefined where none is near.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const wanted = fold(word);
  let best: string | undefined;
  let bestRank = Infinity;
  let left = MAX_CANDIDATES;
  for (const candidate of candidates) {
    if (left-- === 0) break;
    const limit = Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    if (candidate === word || Math.abs(candidate.length - word.length) > limit) continue;
    const folded = fold(candidate);
    const apart = difference(wanted, folded);
    if (apart > limit || apart >= candidate.length) continue;
    // Letters are left out or swapped more often than mistaken: `taks` means tasks, not tags.
    const foreign = [...wanted].filter((letter) => !folded.includes(letter)).length;
    const rank = apart + foreign / MAX_LENGTH;
    if (rank < bestRank) [best, bestRank] = [candidate, rank];
  }
  return best;
}

/** How many letters differ; two that only changed places count once. */
function difference(left: string, right: string): number {
  const found = distance(left, right);
  return found === 2 && sorted(left) === sorted(right) ? 1 : found;
}

function sorted(word: string): string {
  return [...word].sort().join('');
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll('_', '-');
}
