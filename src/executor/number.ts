import type { NumberPlan, Scope } from '../plan/plan.ts';

/** The value of a number that may be a template. */
export function numberOf(plan: NumberPlan, scope: Scope): number {
  if (typeof plan === 'number') return plan;
  try {
    return plan.evaluate(scope) as number;
  } catch (error) {
    throw plan.locate(error);
  }
}
