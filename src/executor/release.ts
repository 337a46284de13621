import type { Decided } from './decide.ts';
import { isMuch } from './run-context.ts';
import type { Execution } from './state.ts';

/** Executions that have started and not ended. */
interface Started {
  executions(): readonly Execution[];
}

/**
 * After an execution has completed: lets go of results that it was the last to read, its own included. A result stays
 * as long as the output reads it, or any task that can still run: `rest` is where in `ready` those begin that have not
 * completed.
 */
export function releaseUnread(run: Decided, execution: Execution, inFlight: Started, rest: number): void {
  if (!run.context.holdsMuch) return;
  releaseUnless(run, execution, () => [...run.state.ready.slice(rest), ...inFlight.executions()]);
}

/** The same where `executions` tells which have not completed. */
export function releaseUnless(run: Decided, execution: Execution, executions: () => readonly Execution[]): void {
  const { liveness } = run.plan;
  const candidates = liveness.candidates[execution.slot] as readonly number[];
  if (candidates.length === 0) return;
  let alive: readonly Execution[] | null = null;
  for (let at = 0; at < candidates.length; at++) {
    const slot = candidates[at] as number;
    if (!isMuch(run.context.current.outcomes[slot]?.result)) continue;
    const readers = liveness.readers[slot] as readonly number[];
    if (readers.length > 0) {
      alive ??= executions();
      if (alive.some((one) => readers.some((reader) => one.slot === reader || liveness.reaches(one.slot, reader))))
        continue;
    }
    run.context.release(slot, run.state.routes);
  }
}
