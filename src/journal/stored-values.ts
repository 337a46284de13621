import type { LargeValue } from './encode.ts';
import { pack } from './packed.ts';

/** What a batch holds of large values: their hashes, those inside them included, and the bytes of those to be written. */
export type ValueBytes = ReadonlyMap<string, Buffer | null>;

/** Every hash that values bring along. */
export function hashesOf(values: readonly LargeValue[]): ReadonlySet<string> {
  return new Set(values.flatMap(({ hash, contains }) => [hash, ...contains]));
}

/** The hashes of values, with the bytes of those that are not stored yet, or whose inner values are not. */
export function valueBytes(values: readonly LargeValue[], isStored: (hash: string) => boolean): ValueBytes {
  const bytes = new Map<string, Buffer | null>();
  const write = (value: LargeValue): void => {
    if (bytes.get(value.hash) == null) bytes.set(value.hash, pack(value.encode(write)));
  };
  for (const value of values) {
    for (const hash of [value.hash, ...value.contains]) if (!bytes.has(hash)) bytes.set(hash, null);
    if (!isStored(value.hash) || value.contains.some((hash) => !isStored(hash))) write(value);
  }
  return bytes;
}
