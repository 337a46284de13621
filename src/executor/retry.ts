import type { RetryPlan, Scope } from '../plan/plan.ts';
import { numberOf } from './number.ts';

/**
 * Milliseconds to wait before the next attempt, after `attempt` attempts: constant `d`, linear `d·n`, exponential
 * `d·2^(n-1)`, at most `maxDelayMs`, of which a share `jitter` is random (1: "full jitter", anything from 0 to the
 * delay; see M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 */
export function retryDelayMs(retry: RetryPlan, attempt: number, scope: Scope, random: () => number): number {
  const base = numberOf(retry.delayMs, scope);
  const factor = retry.backoff === 'constant' ? 1 : retry.backoff === 'linear' ? attempt : 2 ** (attempt - 1);
  const delay = Math.min(base * factor, retry.maxDelayMs);
  return retry.jitter === 0 ? delay : delay * (1 - retry.jitter * random());
}
