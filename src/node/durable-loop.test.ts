import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import { MemoryJournal, type EntriesQuery, type Lease, type RecordedEntry, type Snapshot } from '../journal/index.ts';
import { weightOf } from '../executor/weight.ts';
import { Executor } from './executor.ts';
import { parseWorkflow } from './load-workflow.ts';

/** Counts what is read and written. */
class CountingJournal extends MemoryJournal {
  read = 0;
  snapshots = 0;
  /** About how many bytes all snapshots together had. */
  snapshotBytes = 0;

  override async *entries(run: string, query?: EntriesQuery): AsyncGenerator<readonly RecordedEntry[]> {
    for await (const page of super.entries(run, query)) {
      this.read += page.length;
      yield page;
    }
  }

  override saveSnapshot(lease: Lease, snapshot: Snapshot): Promise<void> {
    this.snapshots++;
    this.snapshotBytes += weightOf(snapshot.data);
    return super.saveSnapshot(lease, snapshot);
  }
}

/** Takes a run away from the executor that works on it, as if its process had ended. */
async function kill(journal: MemoryJournal, run: string): Promise<void> {
  const owner = (await journal.run(run))?.lease?.owner ?? '';
  const lease = await journal.acquire(run, { owner: 'nobody', ttlMs: 60_000 }, owner);
  if (lease !== null) await journal.release(lease);
}

/** Counts its calls; the call of that number never ends. */
function counting(stuckAt: number) {
  let calls = 0;
  const action = defineAction({
    name: 'test.count',
    run: ({ n }: { readonly n: number }): unknown => {
      calls++;
      return n === stuckAt ? new Promise(() => undefined) : n;
    },
  });
  return { calls: () => calls, action };
}

const LOOP = `
name: loop
limits: { task-runs: 1000000 }
vars: { n: 0, last: [] }
tasks:
  - name: step
    action: test.count
    input: { n: << n >> }
    next:
      - when: << n < LIMIT >>
        publish: [{ n: << n + 1 >> }, { last: '<< [n, result()] >>' }]
        do: step
output: { n: << n >>, last: << last >>, step: << task.step >> }
`;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a long loop', () => {
  it('is resumed by reading few entries, and its snapshots weigh less than its record', async () => {
    const limit = 100_000;
    const text = LOOP.replace('LIMIT', String(limit));
    const journal = new CountingJournal();
    const first = counting(limit - 10);
    const run = new Executor({ journal, actions: [first.action] }).start(parseWorkflow(text));
    run.result.catch(() => undefined);
    await until(async () => first.calls() === limit - 9 && ((await journal.run(run.id))?.lastSeq ?? 0) > limit - 9);
    await kill(journal, run.id);
    expect(journal.read).toBe(0);
    let record = 0;
    for await (const page of journal.entries(run.id)) for (const { entry } of page) record += weightOf(entry);
    expect(journal.snapshots).toBeGreaterThan(10);
    expect(journal.snapshotBytes).toBeLessThan(record);
    journal.read = 0;
    const second = counting(-1);
    const resumed = await new Executor({ journal, actions: [second.action] }).resume(run.id);
    const { status, output } = await resumed.result;
    expect({ status, output }).toEqual({
      status: 'succeeded',
      output: { n: limit, last: [limit, limit - 1], step: limit },
    });
    expect(second.calls()).toBe(11);
    expect(journal.read).toBeLessThan(4000);
  }, 60_000);
});
