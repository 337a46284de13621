import { encode, encodeWhole, type Encoded, type EncodedData, type LargeValue } from './encode.ts';
import type { Batch } from './journal.ts';

/** Something to be stored, encoded before the transaction, with the large values inside it. */
export interface Prepared {
  readonly encoded: Encoded;
  readonly large: readonly LargeValue[];
}

/** A batch, encoded before the transaction. */
export interface PreparedBatch {
  readonly batch: Batch;
  readonly entries: readonly Prepared[];
  readonly summary: EncodedData | null;
}

/** Encodes a value. @throws HEDDLE_NOT_SERIALISABLE */
export function prepare(value: unknown): Prepared {
  const large: LargeValue[] = [];
  const encoded = encode(value, (part) => large.push(part));
  return { encoded, large };
}

/** Encodes a batch. @throws HEDDLE_NOT_SERIALISABLE */
export function prepareBatch(batch: Batch): PreparedBatch {
  const { entries = [], patch } = batch;
  const summary = patch?.summary === undefined ? null : encodeWhole(patch.summary);
  return { batch, entries: entries.map(prepare), summary };
}
