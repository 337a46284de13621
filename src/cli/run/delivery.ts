import type { Journal } from '../../journal/journal.ts';
import { isActive } from '../../history/index.ts';
import { present } from '../journal/readable.ts';

/** How long it is waited for the process that works on a run to take what it is asked. */
const PATIENCE_MS = 5000;
const LOOK_MS = 50;

/** What became of a request: taken by the process that works on the run, not looked at yet, or nobody works on it. */
export type Delivery = 'taken' | 'pending' | 'nobody';

/** Waits until what was asked of a run was taken by the process that works on it. */
export async function delivered(journal: Journal, run: string): Promise<Delivery> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_MS) {
    if ((await journal.requests(run)).length === 0) return 'taken';
    const record = await journal.run(run);
    if (record === null || !isActive(record, present())) return 'nobody';
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return 'pending';
}
