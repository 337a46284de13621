import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import { HeddleError } from '../errors/index.ts';
import { MemoryJournal, type Appended, type Batch, type Lease } from '../journal/index.ts';
import { Executor } from './executor.ts';
import { parseWorkflow } from './load-workflow.ts';

/** Refuses some batches, and tells what it has written. */
class FailingJournal extends MemoryJournal {
  /** So many of the next batches are refused. */
  fails = 0;
  readonly written: string[] = [];

  override async append(lease: Lease, batch: Batch): Promise<Appended> {
    if (this.fails > 0) {
      this.fails--;
      throw new HeddleError('HEDDLE_JOURNAL_FULL', 'the disk is full');
    }
    const appended = await super.append(lease, batch);
    this.written.push(...(batch.entries ?? []).map(({ type }) => type));
    return appended;
  }
}

/** Calls that end when they are told to. */
class Calls {
  readonly open = new Map<unknown, () => void>();
  readonly action = defineAction({
    name: 'test.call',
    run: ({ item }: { readonly item: unknown }, { signal }): unknown =>
      new Promise((resolve, reject) => {
        this.open.set(item, () => resolve(item));
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
  });
}

const ITEMS = `
name: items
limits: { interruptions: 1 }
tasks:
  - { name: each, with-items: '<< range(6) >>', concurrency: 6, action: test.call, input: { item: << item >> } }
output: { each: << task.each >> }
`;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a journal that fails while iterations run', () => {
  it.each([
    ['once', 1],
    ['and cannot even be told so', 2],
  ])('does not count against them: %s', async (_, fails) => {
    const journal = new FailingJournal();
    const calls = new Calls();
    const executor = new Executor({ journal, actions: [calls.action] });
    let run = executor.start(parseWorkflow(ITEMS));
    const id = run.id;
    // Twice as often as limits.interruptions allows.
    for (let done = 0; done < 3; done++) {
      await until(() => calls.open.size === 6 - done);
      journal.written.length = 0;
      calls.open.get(done)?.();
      await until(() => journal.written.includes('items'));
      expect(journal.written).toContain('running');
      journal.fails = fails;
      // That this one has ended is lost.
      const end = calls.open.get(5);
      calls.open.clear();
      end?.();
      await expect(run.result).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_FULL' });
      expect(journal.fails).toBe(0);
      expect((await journal.run(id))?.lease === null).toBe(fails === 1);
      run = await executor.resume(id);
    }
    await until(() => calls.open.size === 3);
    for (const end of calls.open.values()) end();
    const { status, output } = await run.result;
    expect({ status, output }).toEqual({ status: 'succeeded', output: { each: [0, 1, 2, 3, 4, 5] } });
  });

  it('counts against them where neither the record nor the process knows of it', async () => {
    const journal = new FailingJournal();
    const calls = new Calls();
    const run = new Executor({ journal, actions: [calls.action] }).start(parseWorkflow(ITEMS));
    await until(() => calls.open.size === 6);
    calls.open.get(0)?.();
    await until(() => journal.written.includes('items'));
    journal.fails = 2;
    calls.open.get(5)?.();
    await expect(run.result).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_FULL' });
    const lease = await journal.acquire(
      run.id,
      { owner: 'nobody', ttlMs: 0 },
      (await journal.run(run.id))?.lease?.owner,
    );
    if (lease !== null) await journal.release(lease);
    const resumed = await new Executor({ journal, actions: [calls.action] }).resume(run.id);
    const { status, errors } = await resumed.result;
    expect(status).toBe('failed');
    expect(errors.map(({ code }) => code)).toContain('HEDDLE_POISON');
  });
});
