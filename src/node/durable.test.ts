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

/** The journal of a run whose process ended when `entries` of its record were written. */
async function cutOff(journal: MemoryJournal, run: string, entries: number): Promise<MemoryJournal> {
  const known = await journal.run(run);
  if (known === null) throw new Error(`There is no run ${run}.`);
  const half = new MemoryJournal();
  const { id, workflow, definitionHash, parameters, createdAtMs } = known;
  const definition = { hash: definitionHash, data: await journal.definition(definitionHash) };
  const record = (await recordOf(journal, run)).slice(0, entries) as unknown as readonly { readonly type: string }[];
  const row = { id, workflow, definition, parameters, status: 'running', createdAtMs } as const;
  const lease = await half.start(row, { owner: 'gone', ttlMs: 1000 }, { entries: record });
  if (lease !== null) await half.release(lease);
  return half;
}

describe('secrets', () => {
  const text = `
name: secret
parameters: { token: { type: string, secret: true }, user: { type: string } }
tasks:
  - { name: login, action: core.echo, input: { message: "Bearer << parameters.token >>", key: << keystore.key >> } }
  - { name: use, action: test.step, input: { n: << task.login.message >> } }
output: { header: << task.login.message >>, key: << task.login.key >> }
`;

  it('are in no entry, and come back with a resume that is given them', async () => {
    const script = new Script();
    script.answer = never;
    const journal = new MemoryJournal();
    const keystore = { key: 'k3y-0f-store' };
    const run = new Executor({ journal, keystore, actions: [script.action] }).start(parseWorkflow(text), {
      token: 't0ken-of-user',
      user: 'ada',
    });
    await settle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const written = JSON.stringify([await recordOf(journal, run.id), await journal.run(run.id)]);
    expect(written).toContain('ada');
    expect(written).toContain('Bearer ');
    expect(written).not.toContain('t0ken');
    expect(written).not.toContain('k3y');
    const half = await cutOff(journal, run.id, 2);
    const after = new Script();
    const options = { journal: half, actions: [after.action] };
    await expect(new Executor(options).resume(run.id)).rejects.toMatchObject({
      code: 'HEDDLE_RUN_BLOCKED',
      message: `run ${run.id} needs secrets that were not given: keystore.key, parameters.token`,
    });
    expect((await half.run(run.id))?.status).toBe('blocked');
    const resumed = await new Executor({ ...options, keystore }).resume(run.id, {
      secrets: { token: 't0ken-of-user' },
    });
    expect((await resumed.result).output).toEqual({ header: 'Bearer t0ken-of-user', key: 'k3y-0f-store' });
    expect(after.calls).toEqual(['use']);
    run.cancel();
  });
});

describe('waiting', () => {
  const text = `
name: release
tasks:
  - name: ask
    action: approval.request
    input: { prompt: Release?, schema: { type: object, required: [ok] } }
  - { name: signalled, action: wait.signal, input: { name: go } }
  - { name: done, action: test.step, input: { n: << task.ask.ok >> } }
output: { ok: << task.ask.ok >>, data: << task.signalled >> }
`;

  it('ends with an answer of the same process', async () => {
    const script = new Script();
    const run = new Executor({ actions: [script.action] }).start(parseWorkflow(text));
    await settle();
    expect(run.status).toBe('waiting');
    expect(run.waiting).toEqual([
      {
        task: 'ask',
        execution: 1,
        index: null,
        key: null,
        kind: 'approval',
        prompt: 'Release?',
        schema: { type: 'object', required: ['ok'] },
      },
    ]);
    expect(() => run.approve('ask', {})).toThrow(/'ok'/);
    expect(() => run.approve('done', {})).toThrow("task 'done' does not wait for an approval; what does: 'ask'");
    run.signal('go', 5);
    run.approve('ask', { ok: true });
    expect((await run.result).output).toEqual({ ok: true, data: 5 });
  });

  it('lets go of the process; another is asked, and a third goes on', async () => {
    const journal = new MemoryJournal();
    const script = new Script();
    const options = { journal, actions: [script.action] };
    const left = await new Executor(options).run(parseWorkflow(text), {}, { leaveWhenWaiting: true });
    expect(left.status).toBe('waiting');
    expect(await journal.run(left.id)).toMatchObject({ status: 'waiting', lease: null });
    const other = new Executor({ journal });
    await expect(other.approve(left.id, 'ask', {})).rejects.toMatchObject({ code: 'HEDDLE_RESPONSE_INVALID' });
    await expect(other.approve(left.id, 'no', {})).rejects.toMatchObject({ code: 'HEDDLE_NOT_WAITING' });
    await other.approve(left.id, 'ask', { ok: 7 });
    const again = await new Executor(options).resume(left.id, { leaveWhenWaiting: true });
    expect((await again.result).status).toBe('waiting');
    await other.signal(left.id, 'go', 'now');
    const last = await new Executor(options).resume(left.id);
    expect((await last.result).output).toEqual({ ok: 7, data: 'now' });
    expect(script.calls).toEqual(['done']);
    await expect(other.signal(left.id, 'go')).rejects.toMatchObject({ code: 'HEDDLE_RUN_ENDED' });
  });
});

describe('rerun', () => {
  const text = `
name: items
vars: { factor: 10 }
tasks:
  - { name: list, action: test.step, input: { n: [1, 2, 3, 4] } }
  - name: each
    action: test.step
    with-items: << task.list >>
    key: item
    on-item-failure: continue
    aggregate: { sum: sum(result()), all: 'first(9, result())', states: count_by(status()) }
    input: { n: << item * workflow.factor >> }
  - { name: last, action: test.step, input: { n: << task.each.sum >> } }
output: { each: << task.each >>, last: << task.last ?? null >> }
`;
  const failing = ({ n }: Record<string, unknown>): unknown => {
    if (n === 20) throw new Error('no');
    return n;
  };

  it('of what failed runs only that, and puts it into place', async () => {
    const journal = new MemoryJournal();
    const script = new Script();
    script.answer = failing;
    const executor = new Executor({ journal, actions: [script.action] });
    const failed = await executor.run(parseWorkflow(text));
    expect([failed.status, failed.output['each']]).toEqual([
      'failed',
      { sum: 80, all: [10, 30, 40], states: { succeeded: 3, failed: 1 } },
    ]);
    await expect(executor.resume(failed.id)).rejects.toMatchObject({ code: 'HEDDLE_RUN_ENDED' });
    const stillFailing = await (await executor.resume(failed.id, { rerun: { failed: true } })).result;
    expect(stillFailing.status).toBe('failed');
    const { length } = script.calls;
    script.answer = ({ n }) => n;
    const result = await (await executor.resume(failed.id, { rerun: { failed: true } })).result;
    expect(script.calls.slice(length)).toEqual(['each/1', 'last']);
    expect(result.output).toEqual({
      each: { sum: 100, all: [10, 20, 30, 40], states: { succeeded: 4 } },
      last: 100,
    });
    expect(result.tasks['each']?.stats).toEqual({ total: 4, succeeded: 4, failed: 0, skipped: 0 });
    await expect(executor.resume(failed.id, { rerun: { failed: true } })).rejects.toMatchObject({
      code: 'HEDDLE_RERUN',
    });
  });

  it('from a task, and a fork with a changed context', async () => {
    const journal = new MemoryJournal();
    const script = new Script();
    const executor = new Executor({ journal, actions: [script.action] });
    const { id } = await executor.run(parseWorkflow(text));
    const { length } = script.calls;
    const again = await (await executor.resume(id, { rerun: { from: 'each' } })).result;
    expect(script.calls.slice(length)).toEqual(['each/0', 'each/1', 'each/2', 'each/3', 'last']);
    expect(again.output['last']).toBe(100);
    expect(script.keys[length]).not.toBe(script.keys[1]);
    const before = script.calls.length;
    const fork = await executor.fork(id, { task: 'each', item: 3, set: { 'vars.factor': 100 } });
    expect((await fork.result).output).toMatchObject({ each: { all: [10, 20, 300, 40] }, last: 370 });
    expect(script.calls.slice(before)).toEqual(['each/2', 'last']);
    expect(await journal.run(fork.id)).toMatchObject({ status: 'succeeded', fork: { run: id, task: 'each', item: 3 } });
    await expect(executor.fork(id, { task: 'none' })).rejects.toMatchObject({ code: 'HEDDLE_RERUN' });
  });
});

describe('a cache', () => {
  it('outlives its executor, without what is secret', async () => {
    const journal = new MemoryJournal();
    const text = `
name: cached
tasks:
  - { name: a, action: test.step, cache: { key: << keystore.k >>, ttl: 1h }, input: { n: << keystore.k >> } }
output: { a: << task.a >> }
`;
    const script = new Script();
    const executor = (k: string): Executor => new Executor({ journal, keystore: { k }, actions: [script.action] });
    expect((await executor('s3cret-1').run(parseWorkflow(text))).output).toEqual({ a: 's3cret-1' });
    expect((await executor('s3cret-1').run(parseWorkflow(text))).output).toEqual({ a: 's3cret-1' });
    expect(script.calls.length).toBe(1);
    expect((await executor('s3cret-2').run(parseWorkflow(text))).output).toEqual({ a: 's3cret-2' });
    expect(script.calls.length).toBe(2);
  });
});
