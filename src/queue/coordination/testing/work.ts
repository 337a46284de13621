import type { Coordination, Range } from '../coordination.ts';
import { ended, TASK } from './place.ts';

/**
 * Works on claimed ranges of the task, many at once over several connections, until it is complete; all that were claimed,
 * in order. Looks now and then.
 */
export async function workOn(
  coordinations: readonly Coordination[],
  workers: number,
  first: readonly Range[],
  look: () => Promise<void>,
): Promise<Range[]> {
  const all = [...first];
  const waiting = [...first];
  const idle: (() => void)[] = [];
  let isComplete = false;
  let finishes = 0;
  const next = async (): Promise<Range | null> => {
    for (;;) {
      const range = waiting.shift();
      if (range !== undefined) return range;
      if (isComplete) return null;
      await new Promise<void>((resolve) => idle.push(resolve));
    }
  };
  const work = async (coordination: Coordination): Promise<void> => {
    for (let range = await next(); range !== null; range = await next()) {
      const { claimed, state } = await coordination.finish(TASK, ended(range, 1));
      all.push(...claimed);
      waiting.push(...claimed);
      isComplete ||= state === 'complete';
      for (const wake of idle.splice(0)) wake();
      if (++finishes % 100 === 0) await look();
    }
  };
  await Promise.all(
    Array.from({ length: workers }, (_, number) => {
      const coordination = coordinations[number % coordinations.length];
      if (coordination === undefined) throw new Error('there is no coordination');
      return work(coordination);
    }),
  );
  return all.toSorted((a, b) => a.from - b.from);
}
