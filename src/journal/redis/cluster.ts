import type { Redis } from 'ioredis';
import type { Host } from '../server-address.ts';

/** From and to which slot, and where the primary is: more follows. */
type SlotRange = readonly [from: number, to: number, primary: readonly [host: string | null, port: number]];

/**
 * The node of a Cluster that has a key, as the node at hand says; its host is '' where that is the node itself. Throws
 * where no node has it.
 */
export async function nodeOf(client: Redis, key: string): Promise<Host> {
  const slot = await client.cluster('KEYSLOT', key);
  const ranges = (await client.cluster('SLOTS')) as readonly unknown[] as readonly SlotRange[];
  for (const [from, to, [host, port]] of ranges) {
    if (slot >= from && slot <= to) return { host: host ?? '', port };
  }
  throw new Error(`no node of the Cluster has slot ${slot}`);
}
