import { HeddleError } from '../../errors/index.ts';
import type { JobKind } from './broker.ts';

/** Holds, as fields of its metadata, the names of all queues. */
export const REGISTRY = 'heddle-queues';

/** What BullMQ calls a queue: one for each name and kind, so that none waits behind another. */
export function bullName(queue: string, kind: JobKind | 'schedule'): string {
  return `heddle-${queue}-${kind}`;
}

/** @throws HEDDLE_USAGE for a name that no queue may have */
export function verifyQueueName(queue: string): void {
  if (/^[\w.-]{1,100}$/.test(queue)) return;
  throw new HeddleError(
    'HEDDLE_USAGE',
    `A queue cannot be called '${queue.slice(0, 120)}'; expected letters, digits, '-', '_' and '.', 100 at most.`,
  );
}

/** @throws HEDDLE_USAGE for an id that no job may have */
export function verifyJobId(id: string): void {
  if (/^[\w.-]{1,500}$/.test(id) && !/^\d+$/.test(id)) return;
  throw new HeddleError(
    'HEDDLE_USAGE',
    `A job cannot have the id '${id.slice(0, 120)}'; expected letters, digits, '-', '_' and '.', and not a number.`,
  );
}
