import { partCount, PARTS_AT_ONCE } from '../packed.ts';
import type { Send } from './calls.ts';

/** Name of a large value in the store. */
export function nameOf(hash: string): string {
  return `value:${hash}`;
}

/** Name of the hash that holds the parts of a value that was split: from 1. */
export function partsOf(name: string): string {
  return `parts:${name}`;
}

/** The bytes of a value, those of one that was split page by page; null: it is not stored, or goes just now. */
export async function readStored(send: Send, tag: string, name: string): Promise<Buffer | null> {
  const head = await send({ command: 'GET', args: () => [tag + name], read: (reply) => reply as Buffer | null });
  const count = head === null ? null : partCount(head);
  if (count === null) return head;
  const parts: Buffer[] = [];
  while (parts.length < count) {
    const fields = Array.from(
      { length: Math.min(PARTS_AT_ONCE, count - parts.length) },
      (_, at) => parts.length + at + 1,
    );
    const page = await send({
      command: 'HMGET',
      args: () => [tag + partsOf(name), ...fields],
      read: (reply) => reply as readonly (Buffer | null)[],
    });
    for (const part of page) {
      if (part === null) return null;
      parts.push(part);
    }
  }
  return Buffer.concat(parts);
}
