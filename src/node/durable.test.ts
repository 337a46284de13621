import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import type { RunEntry } from '../executor/index.ts';
import { FakeClock, settle } from '../executor/testing/fake-clock.ts';
import { MemoryJournal } from '../journal/index.ts';
import { Executor } from './executor.ts';
import { parseWorkflow } from './load-workflow.ts';

async function recordOf(journal: MemoryJournal, run: string): Promise<RunEntry[]> {
  const entries: RunEntry[] = [];
  for await (const page of journal.entries(run)) for (const { entry } of page) entries.push(entry as RunEntry);
  return entries;
}

const CHAIN = `
name: chain
vars: { region: eu }
tasks:
  - { name: a, action: core.set, input: { x: 1 } }
  - name: b
    action: core.echo
    with-items: << range(0, 3) >>
    input: { message: << item * 2 >> }
    publish: { last: << result() >> }
output: { last: << last >>, x: << task.a.x >> }
`;

describe('a recorded run', () => {
  it('leaves its record', async () => {
    const journal = new MemoryJournal();
    const result = await new Executor({ journal }).run(parseWorkflow(CHAIN));
    expect(result.output).toEqual({ last: [0, 2, 4], x: 1 });
    const entries = await recordOf(journal, result.id);
    expect(entries.map(({ type }) => type)).toEqual([
      'begun',
      'completed',
      'started',
      'source',
      'items',
      'completed',
      'ended',
    ]);
    expect(entries[4]).toEqual({ type: 'items', execution: 2, from: 0, count: 3, results: [0, 2, 4] });
    expect(await journal.run(result.id)).toMatchObject({ workflow: 'chain', status: 'succeeded', lease: null });
  });
});

/** An action that does what a test tells it to, and what it was asked to do. */
class Script {
  readonly calls: string[] = [];
  readonly keys: string[] = [];
  answer = (input: Record<string, unknown>): unknown => input['n'] ?? null;
  readonly action = defineAction({
    name: 'test.step',
    run: (input: Record<string, unknown>, { task, index, idempotencyKey }): unknown => {
      this.calls.push(index === undefined ? task : `${task}/${index}`);
      this.keys.push(idempotencyKey);
      return this.answer(input);
    },
  });
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('a run whose process ended', () => {
  it('goes on behind what was recorded complete, with the same keys for the rest', async () => {
    const journal = new MemoryJournal();
    const text = `
name: items
tasks:
  - { name: first, action: test.step, input: { n: 5 } }
  - name: many
    action: test.step
    with-items: << range(0, 6) >>
    concurrency: 2
    input: { n: << item >> }
  - { name: last, action: test.step, input: { n: << task.many >> } }
output: { many: << task.many >>, last: << task.last >> }
`;
    const before = new Script();
    before.answer = ({ n }) => (n === 3 || n === 4 ? never() : Promise.resolve(n));
    const clock = new FakeClock();
    const options = { journal, clock };
    const run = new Executor({ ...options, actions: [before.action] }).start(parseWorkflow(text));
    await clock.advance(100);
    expect(before.calls).toEqual(['first', 'many/0', 'many/1', 'many/2', 'many/3', 'many/4']);
    const after = new Script();
    const executor = new Executor({ ...options, actions: [after.action] });
    await expect(executor.resume(run.id)).rejects.toMatchObject({ code: 'HEDDLE_RUN_ACTIVE' });
    await clock.advance(31_000);
    await clock.advance(1);
    const owner = (await journal.run(run.id))?.lease?.owner ?? '';
    const stolen = await journal.acquire(run.id, { owner: 'thief', ttlMs: 1 }, owner);
    expect(stolen).not.toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 5));
    const resumed = await executor.resume(run.id);
    const result = resumed.result;
    await clock.advance(100);
    expect((await result).output).toEqual({ many: [0, 1, 2, 3, 4, 5], last: [0, 1, 2, 3, 4, 5] });
    expect(after.calls).toEqual(['many/3', 'many/5', 'many/4', 'last']);
    expect([after.keys[0], after.keys[2]]).toEqual(before.keys.slice(4));
    const fenced = expect(run.result).rejects.toMatchObject({ code: 'HEDDLE_FENCED' });
    await clock.advance(12_000);
    await fenced;
    await settle();
  });
});
