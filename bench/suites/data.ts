/** Sizes of what earlier tasks left in the context. */
export const CONTEXT_SIZES: Readonly<Record<string, number>> = {
  empty: 0,
  '100 KB': 100_000,
  '1 MB': 1_000_000,
  '5 MB': 5_000_000,
};

/** A record such as an API gives; about 100 bytes of JSON. */
export interface Row {
  readonly id: number;
  readonly name: string;
  readonly region: string;
  readonly tags: readonly string[];
  readonly load: number;
}

/** Records of about `bytes` bytes of JSON together. */
export function ballast(bytes: number): Row[] {
  return Array.from({ length: Math.round(bytes / 100) }, (_, id) => ({
    id,
    name: `server-${String(id).padStart(6, '0')}`,
    region: id % 2 === 0 ? 'eu-central' : 'us-east-1',
    tags: ['web', `rack-${id % 97}`],
    load: (id * 7919) % 1000,
  }));
}

/** An element of a list that is iterated over. */
export interface Item {
  readonly id: number;
  readonly value: number;
  readonly host: string;
  readonly port: number;
}

/** A list to iterate over; about 60 bytes of JSON each. */
export function items(count: number): Item[] {
  return Array.from({ length: count }, (_, id) => ({
    id,
    value: (id * 31) % 1009,
    host: `host-${id}.example.net`,
    port: 8000 + (id % 100),
  }));
}
