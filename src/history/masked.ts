/** Key of the mapping that stands in a record where a secret was taken out (`executor/sealer.ts`). */
const MARK = '$heddle';

/** What is shown of a secret. */
const MASK = '***';

/** A recorded value as it may be shown: `***` where a secret was taken out. */
export function masked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(masked);
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [masked(key), masked(each)]));
  if (value instanceof Set) return new Set([...value].map(masked));
  if (value instanceof Date || ArrayBuffer.isView(value)) return value;
  if (Object.hasOwn(value, MARK)) return maskedMark((value as Record<string, unknown>)[MARK]);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, masked(field)]));
}

function maskedMark(sealed: unknown): unknown {
  if (typeof sealed !== 'object' || sealed === null) return MASK;
  if ('text' in sealed && Array.isArray(sealed.text)) {
    return sealed.text.map((part: unknown) => (typeof part === 'string' ? part : MASK)).join('');
  }
  if ('entries' in sealed && Array.isArray(sealed.entries)) {
    const entries = sealed.entries as readonly (readonly [unknown, unknown])[];
    return Object.fromEntries(entries.map(([key, field]) => [String(masked(key)), masked(field)]));
  }
  return MASK;
}
