import type { Present } from '../../history/index.ts';
import { isGone } from '../../node/lease-owner.ts';

/** By what leases are judged: the clock, and which processes of this machine are gone. */
export function present(): Present {
  return { nowMs: Date.now(), isGone };
}
