import { HeddleError } from '../errors/index.ts';
import { Survey } from '../journal/survey.ts';
import type { Coordination } from './coordination/coordination.ts';

/** How much may be queued. */
export interface SizeLimits {
  /** Bytes of a run's workflow and parameters. Default 64 MiB. */
  readonly maxRunBytes?: number;
  /** Bytes that the server may hold; above, nothing is queued. Default: no limit. */
  readonly maxTotalBytes?: number;
}

const DEFAULT_RUN_BYTES = 64 * 1024 ** 2;

/** @throws HEDDLE_QUEUE_LIMIT where a run is too large, or the server holds too much already */
export async function verifySize(
  value: unknown,
  { maxRunBytes = DEFAULT_RUN_BYTES, maxTotalBytes }: SizeLimits,
  coordination: Coordination,
): Promise<void> {
  const survey = new Survey(maxRunBytes);
  survey.visit(value, 0);
  if (survey.isOver) {
    throw new HeddleError(
      'HEDDLE_QUEUE_LIMIT',
      `The run has more than ${maxRunBytes} bytes of workflow and parameters. Pass the place of large data instead, and let a task read it; or raise maxRunBytes.`,
    );
  }
  if (maxTotalBytes === undefined) return;
  const bytes = await coordination.bytes();
  if (bytes <= maxTotalBytes) return;
  throw new HeddleError(
    'HEDDLE_QUEUE_LIMIT',
    `The server of the queue holds ${bytes} bytes, and may hold ${maxTotalBytes}. Wait until runs have ended, remove old ones (heddle queue clean), or raise maxTotalBytes.`,
  );
}
