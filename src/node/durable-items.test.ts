import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import type { RunEntry } from '../executor/index.ts';
import { MemoryJournal } from '../journal/index.ts';
import { Executor } from './executor.ts';
import { parseWorkflow } from './load-workflow.ts';

const directory = mkdtempSync(join(tmpdir(), 'heddle-durable-'));
afterAll(() => rmSync(directory, { recursive: true }));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function recordOf(journal: MemoryJournal, run: string): Promise<RunEntry[]> {
  const entries: RunEntry[] = [];
  for await (const page of journal.entries(run)) for (const { entry } of page) entries.push(entry as RunEntry);
  return entries;
}

/** Takes a run away from the executor that works on it, as if its process had ended. */
async function kill(journal: MemoryJournal, run: string): Promise<void> {
  const owner = (await journal.run(run))?.lease?.owner ?? '';
  const lease = await journal.acquire(run, { owner: 'nobody', ttlMs: 60_000 }, owner);
  if (lease !== null) await journal.release(lease);
}

/** An action that does not come back from some items the first time. */
class Items {
  readonly calls: unknown[] = [];
  readonly stuck = new Set<unknown>();
  readonly action = defineAction({
    name: 'test.item',
    run: ({ item }: { readonly item: unknown }): unknown => {
      this.calls.push(item);
      return this.stuck.has(item) ? new Promise(() => undefined) : Promise.resolve(item);
    },
  });
}

/** Starts a run, and kills it once what is stuck is reached and written. */
async function startAndKill(journal: MemoryJournal, items: Items, executor: Executor, text: string): Promise<string> {
  const run = executor.start(parseWorkflow(text));
  run.result.catch(() => undefined);
  for (; [...items.stuck].some((item) => !items.calls.includes(item));) await pause(5);
  await pause(100);
  await kill(journal, run.id);
  return run.id;
}

describe('a file', () => {
  const file = join(directory, 'lines');
  const lines = Array.from({ length: 30_000 }, (_, n) => `line ${n}`);
  const text = `
name: file
tasks:
  - name: each
    action: test.item
    with-items: { from: file, path: ${file}, format: lines }
    aggregate: { count: count(), last: 'max(index)' }
    input: { item: << item >> }
output: { each: << task.each >> }
`;

  it('is read on where the record ends', async () => {
    writeFileSync(file, lines.join('\n'));
    const journal = new MemoryJournal();
    const items = new Items();
    items.stuck.add('line 20000');
    const id = await startAndKill(journal, items, new Executor({ journal, actions: [items.action] }), text);
    expect(items.calls.length).toBe(20_001);
    const positions = (await recordOf(journal, id)).filter(({ type }) => type === 'position');
    expect(positions.length).toBeGreaterThan(1);
    const after = new Items();
    const resumed = await new Executor({ journal, actions: [after.action] }).resume(id);
    expect((await resumed.result).output).toEqual({ each: { count: 30_000, last: 29_999 } });
    expect([after.calls[0], after.calls.length]).toEqual(['line 20000', 10_000]);
  });

  it('that has changed is refused', async () => {
    writeFileSync(file, lines.join('\n'));
    const journal = new MemoryJournal();
    const items = new Items();
    items.stuck.add('line 5');
    const id = await startAndKill(journal, items, new Executor({ journal, actions: [items.action] }), text);
    appendFileSync(file, '\nmore');
    const resumed = await new Executor({ journal, actions: [new Items().action] }).resume(id);
    expect((await resumed.result).error?.code).toBe('HEDDLE_SOURCE_CHANGED');
  });
});

describe('an iterable', () => {
  const text = `
name: iterable
tasks:
  - { name: list, action: test.list }
  - name: each
    action: test.item
    with-items: << task.list >>
    input: { item: << item >> }
output: { each: << task.each >> }
`;
  const list = (replayable: boolean, from: { value: number }) =>
    defineAction({
      name: 'test.list',
      replayable,
      run: async function* () {
        for (let n = 0; n < 6; n++) yield await Promise.resolve(from.value + n);
      },
    });

  it.each([true, false])('is asked for again, its elements known (replayable: %s)', async (replayable) => {
    const journal = new MemoryJournal();
    const items = new Items();
    items.stuck.add(3);
    const from = { value: 0 };
    const actions = [items.action, list(replayable, from)];
    const id = await startAndKill(journal, items, new Executor({ journal, actions }), text);
    const elements = (await recordOf(journal, id)).filter(({ type }) => type === 'elements');
    expect(elements.length > 0).toBe(!replayable);
    const after = new Items();
    const resumed = await new Executor({ journal, actions: [after.action, list(replayable, from)] }).resume(id);
    expect((await resumed.result).output).toEqual({ each: [0, 1, 2, 3, 4, 5] });
    expect(after.calls).toEqual([3, 4, 5]);
  });

  it('that has other elements than before is refused', async () => {
    const journal = new MemoryJournal();
    const items = new Items();
    items.stuck.add(3);
    const from = { value: 0 };
    const actions = [items.action, list(false, from)];
    const id = await startAndKill(journal, items, new Executor({ journal, actions }), text);
    from.value = 100;
    const resumed = await new Executor({ journal, actions: [new Items().action, list(false, from)] }).resume(id);
    expect((await resumed.result).error?.code).toBe('HEDDLE_SOURCE_CHANGED');
  });
});

describe('an iteration with which the process ends', () => {
  it('fails after limits.interruptions, and no other is blamed', async () => {
    const text = `
name: poison
limits: { interruptions: 3 }
tasks:
  - name: each
    action: test.item
    with-items: << range(0, 5) >>
    concurrency: 5
    on-item-failure: continue
    input: { item: << item >> }
output: { each: << task.each >>, failed: "<< map(failures('each'), f => f.error.code) >>" }
`;
    const journal = new MemoryJournal();
    const first = new Items();
    for (const item of [1, 2, 3]) first.stuck.add(item);
    const id = await startAndKill(journal, first, new Executor({ journal, actions: [first.action] }), text);
    for (let crash = 0; crash < 2; crash++) {
      const items = new Items();
      items.stuck.add(2);
      const resumed = await new Executor({ journal, actions: [items.action] }).resume(id);
      resumed.result.catch(() => undefined);
      await pause(100);
      await kill(journal, id);
    }
    const last = new Items();
    const resumed = await new Executor({ journal, actions: [last.action] }).resume(id);
    expect((await resumed.result).output).toEqual({ each: [0, 1, null, 3, 4], failed: ['HEDDLE_POISON'] });
    expect(last.calls).toEqual([]);
  });

  it('is not blamed for another that it was in flight with, and then waited for', async () => {
    const text = `
name: poison
limits: { interruptions: 3 }
tasks:
  - name: each
    action: test.item
    with-items: << range(0, 5) >>
    concurrency: 5
    on-item-failure: continue
    input: { item: << item >> }
output: { each: << task.each >>, failed: "<< map(failures('each'), f => f.index) >>" }
`;
    const journal = new MemoryJournal();
    const first = new Items();
    for (const item of [2, 3]) first.stuck.add(item);
    const id = await startAndKill(journal, first, new Executor({ journal, actions: [first.action] }), text);
    for (let crash = 0; crash < 2; crash++) {
      const items = new Items();
      for (const item of [2, 3]) items.stuck.add(item);
      const resumed = await new Executor({ journal, actions: [items.action] }).resume(id);
      resumed.result.catch(() => undefined);
      await pause(100);
      await kill(journal, id);
    }
    const last = new Items();
    const resumed = await new Executor({ journal, actions: [last.action] }).resume(id);
    expect((await resumed.result).output).toEqual({ each: [0, 1, null, 3, 4], failed: [2] });
    expect(last.calls).toEqual([3]);
  });
});

describe('sub-workflows, retries and delays', () => {
  it('go on where they were', async () => {
    writeFileSync(
      join(directory, 'child.yaml'),
      `
name: child
parameters: { n: { type: integer } }
tasks:
  - { name: one, action: test.item, input: { item: "<< 'one ' + string(parameters.n) >>" } }
  - { name: two, action: test.item, input: { item: "<< 'two ' + string(parameters.n) >>" } }
output: { n: << parameters.n >>, two: << task.two >> }
`,
    );
    const text = `
name: parent
tasks:
  - name: each
    action: ${join(directory, 'child.yaml')}
    with-items: [1, 2]
    concurrency: 2
    input: { n: << item >> }
output: { each: << task.each >> }
`;
    const journal = new MemoryJournal();
    const items = new Items();
    items.stuck.add('two 2');
    const id = await startAndKill(journal, items, new Executor({ journal, actions: [items.action] }), text);
    const children = await journal.runs({ parent: id });
    expect(children.runs.map(({ status }) => status).sort()).toEqual(['running', 'succeeded']);
    for (const child of children.runs) await kill(journal, child.id);
    writeFileSync(join(directory, 'child.yaml'), 'name: changed\ntasks: [{ name: x }]');
    const after = new Items();
    const resumed = await new Executor({ journal, actions: [after.action] }).resume(id);
    expect((await resumed.result).output).toEqual({
      each: [
        { n: 1, two: 'two 1' },
        { n: 2, two: 'two 2' },
      ],
    });
    expect(after.calls).toEqual(['two 2']);
  });
});
