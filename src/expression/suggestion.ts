import { distance } from 'fastest-levenshtein';

/** How many candidates are compared before a suggestion is not worth its time. */
const MAX_CANDIDATES = 2000;

/**
 * The candidate that is most like `word`, for "did you mean": at most a third of its letters may differ, letter case
 * and `-` against `_` hardly count. Undefined where none is near.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(word);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  let left = MAX_CANDIDATES;
  for (const candidate of candidates) {
    if (left-- === 0) break;
    if (candidate === word || Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const found = difference(wanted, fold(candidate));
    if (found < bestDistance && found < candidate.length) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

/** How many letters differ; letters that only changed places count once. */
function difference(left: string, right: string): number {
  const found = distance(left, right);
  return found === 2 && sorted(left) === sorted(right) ? 1 : found;
}

function sorted(word: string): string {
  return [...word].sort().join('');
}

function fold(word: string): string {
  return word.slice(0, 100).toLowerCase().replaceAll('-', '_');
}
