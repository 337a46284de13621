import { deserialize } from 'node:v8';
import type { Encoded, EncodedData, Reference } from './encode.ts';
import { setField } from './own-field.ts';

/** Reads an encoded value back; `load` gives the values that are stored apart, each of them once for all who hold it. */
export function decode({ data, references }: Encoded, load: (hash: string) => unknown): unknown {
  const value = decodeWhole(data);
  if (references === null) return value;
  for (const [hash, ...path] of references) put(value, path, load(hash));
  return value;
}

/** Reads a value back that was encoded as a whole. */
export function decodeWhole(data: EncodedData): unknown {
  return typeof data === 'string' ? JSON.parse(data) : deserialize(data);
}

function put(root: unknown, path: readonly (string | number)[], value: unknown): void {
  let target = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) target = target[key] as Record<string | number, unknown>;
  const last = path.at(-1);
  if (last !== undefined) setField(target, last, value);
}

/** References as text, null where there are none. */
export function writeReferences(references: readonly Reference[] | null): string | null {
  return references === null ? null : JSON.stringify(references);
}

/** Reads what {@link writeReferences} wrote. */
export function readReferences(text: string | null): readonly Reference[] | null {
  return text === null ? null : (JSON.parse(text) as readonly Reference[]);
}
