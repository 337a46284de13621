const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1, KB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3,
}; // prettier-ignore

/** Milliseconds of `250ms`, `5s`, `2m`, `1.5h`, `1d`; a bare number is seconds. Null: not a duration. */
export function parseDuration(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(text);
  if (match === null) return null;
  const milliseconds = Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 1);
  return Number.isFinite(milliseconds) ? milliseconds : null;
}

/** `10/s`, `600/m`, `1000/h`: how many per how many milliseconds. Null: not a rate. */
export function parseRate(text: string): { count: number; perMs: number } | null {
  const match = /^\s*(\d+)\s*\/\s*(s|m|h)\s*$/.exec(text);
  const count = Number(match?.[1]);
  return match === null || count < 1 ? null : { count, perMs: UNITS[match[2] ?? 's'] ?? 1 };
}

/** Bytes of `500`, `500 B`, `2KiB`, `1.5 MB`. Null: not a size. */
export function parseSize(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|KiB|MiB|GiB)?\s*$/.exec(text);
  return match === null ? null : Math.floor(Number(match[1]) * (BYTES[match[2] ?? 'B'] ?? 1));
}

/** `5` or `10%`: a count, or a share between 0 and 1. Null: neither. */
export function parseTolerance(text: string): { count: number } | { share: number } | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(%)?\s*$/.exec(text);
  if (match === null) return null;
  const amount = Number(match[1]);
  if (match[2] === '%') return amount <= 100 ? { share: amount / 100 } : null;
  return Number.isInteger(amount) ? { count: amount } : null;
}

/** True for a string that holds (the start of) a template. */
export function isTemplate(value: unknown): boolean {
  return typeof value === 'string' && (value.includes('<<') || value.includes('{{'));
}
