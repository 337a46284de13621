import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Batch, Entry, Journal, Lease, NewRun, RecordedEntry, RecordedStatus, RunsQuery } from '../journal.ts';

/** A place for journals, as one implementation makes it. */
export interface JournalPlace {
  /** Opens a journal; a second one sees what the first wrote, as another process would. */
  open(): Promise<Journal>;
  /** How many values are stored apart; absent where the implementation has no such thing. */
  countLargeValues?(): number | Promise<number>;
  /** Where a backup may be written. */
  readonly backupFile: string;
  /** Removes everything; the journals are closed by then. */
  remove(): Promise<void>;
}

/** An entry of a test. */
export interface Note extends Entry {
  readonly value?: unknown;
}

/** A batch of entries that hold these values. */
export function notes(...values: readonly unknown[]): Batch {
  return { entries: values.map((value): Note => ({ type: 'note', value })) };
}

/** Text of so many characters that no compression makes smaller. */
export function noise(length: number, seed = 1): string {
  let state = seed;
  let text = '';
  while (text.length < length) {
    state = (state * 48271) % 2147483647;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

/** What every journal must do. `place` makes an empty place whose journals take the time from `now`. */
export function describeJournal(name: string, place: (now: () => number) => Promise<JournalPlace>): void {
  describe(name, () => {
    let nowMs: number;
    let where: JournalPlace;
    let journal: Journal;
    let opened: Journal[];

    const open = async (): Promise<Journal> => {
      const another = await where.open();
      opened.push(another);
      return another;
    };
    const newRun = (id: string, more: Partial<NewRun> = {}): NewRun => ({
      id,
      workflow: 'deploy',
      definition: { hash: 'definition-1', data: { tasks: [id] } },
      parameters: { region: 'north' },
      status: 'pending',
      createdAtMs: nowMs,
      ...more,
    });
    const start = async (id: string, more: Partial<NewRun> = {}, batch: Batch = {}): Promise<Lease> => {
      const lease = await journal.start(newRun(id, more), { owner: 'a', ttlMs: 1000 }, batch);
      if (lease === null) throw new Error(`there is a run ${id}`);
      return lease;
    };
    const read = async (id: string, after = 0, pageSize?: number): Promise<RecordedEntry[]> => {
      const entries: RecordedEntry[] = [];
      const query = pageSize === undefined ? { after } : { after, pageSize };
      for await (const page of journal.entries(id, query)) entries.push(...page);
      return entries;
    };
    const stored = async (expected: number): Promise<void> => {
      if (where.countLargeValues !== undefined) expect(await where.countLargeValues()).toBe(expected);
    };
    const values = async (id: string): Promise<unknown[]> => (await read(id)).map(({ entry }) => (entry as Note).value);
    const end = (lease: Lease, endedAtMs = nowMs): Promise<unknown> =>
      journal.append(lease, { patch: { status: 'succeeded', endedAtMs }, release: true });

    beforeEach(async () => {
      nowMs = Date.UTC(2026, 0, 1);
      opened = [];
      where = await place(() => nowMs);
      journal = await open();
    });
    afterEach(async () => {
      for (const one of opened) await one.close();
      await where.remove();
    });

    describe('runs', () => {
      test('a run is created once', async () => {
        expect(await journal.createRun(newRun('r1'))).toBe(true);
        expect(await journal.createRun(newRun('r1', { workflow: 'other' }))).toBe(false);
        expect(await journal.run('r1')).toEqual({
          id: 'r1',
          workflow: 'deploy',
          definitionHash: 'definition-1',
          parameters: { region: 'north' },
          status: 'pending',
          createdAtMs: nowMs,
          startedAtMs: null,
          endedAtMs: null,
          parent: null,
          piece: false,
          fork: null,
          labels: {},
          summary: null,
          lastSeq: 0,
          lease: null,
        });
        expect(await journal.run('r2')).toBeNull();
      });

      test('start creates, acquires and writes at once; nothing where the run exists', async () => {
        const lease = await start('r1', {}, { ...notes(1, 2), patch: { status: 'running', startedAtMs: 5 } });
        expect(lease).toEqual({ run: 'r1', owner: 'a', epoch: 1 });
        expect(await journal.start(newRun('r1'), { owner: 'b', ttlMs: 9 }, notes(3))).toBeNull();
        expect(await values('r1')).toEqual([1, 2]);
        expect(await journal.run('r1')).toMatchObject({
          status: 'running',
          startedAtMs: 5,
          lastSeq: 2,
          lease: { owner: 'a', epoch: 1, expiresAtMs: nowMs + 1000 },
        });
      });

      test('start, batch and release may be one call', async () => {
        await start('r1', {}, { ...notes(1), patch: { status: 'succeeded', endedAtMs: 9 }, release: true });
        expect(await journal.run('r1')).toMatchObject({ status: 'succeeded', endedAtMs: 9, lastSeq: 1, lease: null });
      });

      test('a run that started and ended at once goes on as any other', async () => {
        const value = { '10': 1, '9': [-1.5, '\u0000\ud800'], text: 'ä' };
        const first = { ...notes(value, 2, 3), patch: { status: 'failed', endedAtMs: 9 } as const, release: true };
        const lease = await start('r1', {}, first);
        await start('r2', {}, { ...notes(noise(3000), 2), release: true });
        await expect(journal.append(lease, notes(4))).rejects.toMatchObject({ code: 'HEDDLE_FENCED' });
        expect((await read('r1', 1, 1)).map(({ seq }) => seq)).toEqual([2, 3]);
        expect(await journal.check()).toEqual([]);
        for (const id of ['r1', 'r2']) {
          const again = await journal.acquire(id, { owner: 'b', ttlMs: 1000 });
          expect(again).toMatchObject({ epoch: 2 });
          if (again === null) return;
          const { lastSeq = 0 } = (await journal.run(id)) ?? {};
          expect(await journal.append(again, notes('on'))).toMatchObject({ seq: lastSeq + 1 });
        }
        expect(await values('r1')).toEqual([value, 2, 3, 'on']);
        expect(JSON.stringify((await values('r1'))[0])).toBe(JSON.stringify(value));
        expect(await values('r2')).toEqual([noise(3000), 2, 'on']);
        expect((await read('r1', 2, 2)).map(({ seq }) => seq)).toEqual([3, 4]);
        expect(await journal.check()).toEqual([]);
      });

      test('a definition is stored once and read by its hash', async () => {
        await journal.createRun(newRun('r1'));
        await journal.createRun(newRun('r2', { definition: { hash: 'definition-1', data: 'not looked at' } }));
        await journal.createRun(newRun('r3', { definition: { hash: 'definition-2', data: [-0, undefined] } }));
        expect(await journal.definition('definition-1')).toEqual({ tasks: ['r1'] });
        expect(await journal.definition('definition-2')).toEqual([-0, undefined]);
        expect(await journal.definition('definition-3')).toBeUndefined();
      });

      test('parent, fork, labels and summary come back', async () => {
        const lease = await start('r1', {
          parent: { run: 'r0', task: 'call' },
          fork: { run: 'r9', task: 'build', item: { host: '\ud800' } },
          labels: { team: 'web', 'a"b': "c'd" },
          parameters: { text: noise(20_000) },
        });
        await journal.append(lease, { patch: { summary: { failed: 3, ratio: -0 } } });
        const run = await journal.run('r1');
        expect(run).toMatchObject({
          parent: { run: 'r0', task: 'call' },
          fork: { run: 'r9', task: 'build', item: { host: '\ud800' } },
          labels: { team: 'web', 'a"b': "c'd" },
          parameters: { text: noise(20_000) },
          summary: { failed: 3, ratio: -0 },
        });
      });

      test('a patch changes what it names, and a run that ended can go on', async () => {
        const lease = await start('r1', {}, { patch: { status: 'running', startedAtMs: 1, summary: { failed: 1 } } });
        await journal.append(lease, { patch: { status: 'failed', endedAtMs: 7 } });
        expect(await journal.run('r1')).toMatchObject({ status: 'failed', startedAtMs: 1, endedAtMs: 7 });
        await journal.append(lease, { patch: { status: 'running', endedAtMs: null } });
        expect(await journal.run('r1')).toMatchObject({ status: 'running', endedAtMs: null, summary: { failed: 1 } });
      });

      test('lists are newest first, filtered and paged', async () => {
        const created: Partial<NewRun>[] = [
          {},
          { workflow: 'check', labels: { team: 'web' } },
          { status: 'running', labels: { team: 'web', env: 'test' } },
          { parent: { run: 'r2', task: 'call' } },
          { status: 'failed', workflow: 'check' },
        ];
        for (const [at, more] of created.entries()) {
          // The last two are of the same millisecond.
          await journal.createRun(newRun(`r${at}`, { createdAtMs: Math.min(at, 3) * 10, ...more }));
        }
        const ids = async (query: Parameters<Journal['runs']>[0]): Promise<string[]> =>
          (await journal.runs(query)).runs.map(({ id }) => id);
        expect(await ids({})).toEqual(['r4', 'r3', 'r2', 'r1', 'r0']);
        expect(await ids({ workflow: 'check' })).toEqual(['r4', 'r1']);
        expect(await ids({ status: ['running', 'failed'] })).toEqual(['r4', 'r2']);
        expect(await ids({ status: [] })).toEqual([]);
        expect(await ids({ sinceMs: 10, untilMs: 30 })).toEqual(['r2', 'r1']);
        expect(await ids({ parent: 'r2' })).toEqual(['r3']);
        expect(await ids({ parent: null })).toEqual(['r4', 'r2', 'r1', 'r0']);
        expect(await ids({ labels: { team: 'web' } })).toEqual(['r2', 'r1']);
        expect(await ids({ labels: { team: 'web', env: 'test' } })).toEqual(['r2']);
        const first = await journal.runs({ limit: 2 });
        expect(first.runs.map(({ id }) => id)).toEqual(['r4', 'r3']);
        const second = await journal.runs({ limit: 2, cursor: first.cursor ?? '' });
        expect(second.runs.map(({ id }) => id)).toEqual(['r2', 'r1']);
        const third = await journal.runs({ limit: 2, cursor: second.cursor ?? '' });
        expect(third.runs.map(({ id }) => id)).toEqual(['r0']);
        expect(third.cursor).toBeNull();
        expect((await journal.runs({ limit: 5 })).cursor).toBeNull();
        await expect(journal.runs({ cursor: 'x' })).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
      });
    });

    describe('pieces of runs', () => {
      const piece = (at: number, status: RecordedStatus = 'pending'): Promise<boolean> => {
        // Two of the same millisecond each.
        const createdAtMs = nowMs + Math.floor(at / 2);
        return journal.createRun(
          newRun(`r1.1.0.${at}`, { parent: { run: 'r1', task: 'check' }, piece: true, status, createdAtMs }),
        );
      };
      const ids = async (query: RunsQuery): Promise<string[]> => (await journal.runs(query)).runs.map(({ id }) => id);

      test('are in no list but those of pieces', async () => {
        await start('r1', { status: 'running' });
        await journal.createRun(newRun('r2', { parent: { run: 'r1', task: 'call' } }));
        for (const at of [0, 1, 2]) expect(await piece(at)).toBe(true);
        expect(await piece(1)).toBe(false);
        expect(await journal.run('r1.1.0.1')).toMatchObject({
          piece: true,
          parent: { run: 'r1', task: 'check' },
          parameters: { region: 'north' },
        });
        expect(await ids({})).toEqual(['r2', 'r1']);
        expect(await ids({ parent: 'r1' })).toEqual(['r2']);
        expect(await ids({ status: ['pending'] })).toEqual(['r2']);
        expect(await ids({ workflow: 'deploy', parent: null })).toEqual(['r1']);
        expect(await ids({ pieces: true })).toEqual(['r1.1.0.2', 'r1.1.0.1', 'r1.1.0.0']);
        expect(await ids({ pieces: true, parent: 'r2' })).toEqual([]);
        expect((await journal.runs({ pieces: true })).runs.map((run) => run.piece)).toEqual([true, true, true]);
      });

      test('are found page by page, the oldest first, and by status', async () => {
        await start('r1');
        const all = Array.from({ length: 25 }, (_, at) => at);
        for (const at of all) await piece(at, at % 5 === 0 ? 'running' : 'pending');
        for (const oldestFirst of [true, false]) {
          for (const limit of [1, 10, 25, 26]) {
            const found: string[] = [];
            let cursor: string | null = null;
            do {
              const from: RunsQuery = cursor === null ? {} : { cursor };
              const page = await journal.runs({ parent: 'r1', pieces: true, oldestFirst, limit, ...from });
              found.push(...page.runs.map(({ id }) => id));
              cursor = page.cursor;
            } while (cursor !== null);
            expect(found).toEqual((oldestFirst ? all : all.toReversed()).map((at) => `r1.1.0.${at}`));
          }
        }
        const open: RunsQuery = { pieces: true, oldestFirst: true, status: ['running', 'waiting'] };
        expect(await ids(open)).toEqual([0, 5, 10, 15, 20].map((at) => `r1.1.0.${at}`));
        const since = { sinceMs: nowMs + 2, untilMs: nowMs + 4 };
        expect(await ids({ pieces: true, oldestFirst: true, ...since })).toEqual(
          [4, 5, 6, 7].map((at) => `r1.1.0.${at}`),
        );
      });

      test('are worked on, and end, as runs do', async () => {
        await start('r1');
        await piece(0);
        await piece(1);
        const lease = await journal.acquire('r1.1.0.0', { owner: 'w', ttlMs: 1000 });
        if (lease === null) throw new Error('the piece is held');
        expect(await journal.acquire('r1.1.0.0', { owner: 'v', ttlMs: 1000 })).toBeNull();
        await journal.append(lease, { ...notes(1), patch: { status: 'running', startedAtMs: 5 } });
        expect(await ids({ pieces: true, status: ['running'] })).toEqual(['r1.1.0.0']);
        expect(await journal.request('r1.1.0.0', { type: 'cancel' })).not.toBeNull();
        await journal.append(lease, { ...notes(2), patch: { status: 'succeeded', endedAtMs: 9 }, release: true });
        expect(await values('r1.1.0.0')).toEqual([1, 2]);
        expect(await ids({ pieces: true, status: ['succeeded'] })).toEqual(['r1.1.0.0']);
        expect(await ids({ pieces: true, parent: 'r1', status: ['pending'] })).toEqual(['r1.1.0.1']);
        expect(await journal.run('r1.1.0.0')).toMatchObject({ status: 'succeeded', startedAtMs: 5, endedAtMs: 9 });
        expect(await ids({ status: ['succeeded'] })).toEqual([]);
      });

      test('are not made without what they are a piece of', async () => {
        expect(await piece(0)).toBe(false);
        expect(await journal.start(newRun('p', { piece: true }), { owner: 'a', ttlMs: 9 }, notes(1))).toBeNull();
        expect(await ids({ pieces: true })).toEqual([]);
        expect(await journal.check()).toEqual([]);
      });

      test('go with their run, and never before', async () => {
        const text = noise(20_000);
        const parent = await start('r1', {}, notes(text));
        for (let at = 0; at < 250; at++) await piece(at);
        const held = await journal.acquire('r1.1.0.7', { owner: 'w', ttlMs: 5000 });
        if (held === null) throw new Error('the piece is held');
        await journal.append(held, notes(text, noise(20_000, 2)));
        await journal.request('r1.1.0.8', { type: 'cancel' });
        await end((await journal.acquire('r1.1.0.9', { owner: 'w', ttlMs: 5000 })) ?? held, 1);
        // What an iteration of a piece called, and what that called.
        await end(await start('r2', { parent: { run: 'r1.1.0.9', task: 'check' } }), 2);
        await end(await start('r3', { parent: { run: 'r2', task: 'call' } }), 2);
        expect(await journal.prune({ endedBeforeMs: 100 })).toEqual([]);
        expect(await ids({ pieces: true, limit: 1000 })).toHaveLength(250);
        await end(parent, 3);
        expect(await journal.prune({ endedBeforeMs: 100 })).toEqual(['r1']);
        expect(await ids({ pieces: true })).toEqual([]);
        expect(await ids({})).toEqual([]);
        for (const id of ['r1.1.0.0', 'r1.1.0.7', 'r2', 'r3']) expect(await journal.run(id)).toBeNull();
        await expect(journal.append(held, notes(3))).rejects.toMatchObject({ code: 'HEDDLE_FENCED' });
        expect(await piece(0)).toBe(false);
        await stored(0);
        expect(await journal.check()).toEqual([]);
      });

      test('do not count among those that are kept', async () => {
        for (const id of ['r1', 'r2']) await end(await start(id), 1);
        for (let at = 0; at < 5; at++) {
          await piece(at);
          await end((await journal.acquire(`r1.1.0.${at}`, { owner: 'w', ttlMs: 1000 })) as Lease, 50);
        }
        expect(await journal.prune({ endedBeforeMs: 100, keep: 2 })).toEqual([]);
        expect(await journal.prune({ endedBeforeMs: 100, keep: 1 })).toEqual(['r1']);
        expect(await ids({ pieces: true })).toEqual([]);
      });
    });

    describe('leases', () => {
      test('a run has one owner at a time', async () => {
        await journal.createRun(newRun('r1'));
        expect(await journal.acquire('r0', { owner: 'a', ttlMs: 1000 })).toBeNull();
        expect(await journal.acquire('r1', { owner: 'a', ttlMs: 1000 })).toEqual({ run: 'r1', owner: 'a', epoch: 1 });
        const other = await open();
        expect(await other.acquire('r1', { owner: 'b', ttlMs: 1000 })).toBeNull();
        nowMs += 1000;
        expect(await other.acquire('r1', { owner: 'b', ttlMs: 1000 })).toEqual({ run: 'r1', owner: 'b', epoch: 2 });
      });

      test('of many who ask at once one gets it', async () => {
        await journal.createRun(newRun('r1'));
        const others = [journal, await open(), await open()];
        const asked = others.flatMap((one, at) =>
          [1, 2].map((n) => one.acquire('r1', { owner: `${at}${n}`, ttlMs: 9 })),
        );
        expect((await Promise.all(asked)).filter((lease) => lease !== null)).toHaveLength(1);
      });

      test('a lease can be taken from an owner who is known to be gone, and from no other', async () => {
        await start('r1');
        expect(await journal.acquire('r1', { owner: 'b', ttlMs: 1 }, 'somebody')).toBeNull();
        expect(await journal.acquire('r1', { owner: 'b', ttlMs: 1 }, 'a')).toMatchObject({ owner: 'b', epoch: 2 });
      });

      test('a renewed lease lasts, a released one is free', async () => {
        const lease = await start('r1');
        nowMs += 900;
        await journal.renew(lease, 1000);
        nowMs += 900;
        expect(await journal.acquire('r1', { owner: 'b', ttlMs: 1 })).toBeNull();
        await journal.release(lease);
        expect((await journal.run('r1'))?.lease).toBeNull();
        const next = await journal.acquire('r1', { owner: 'b', ttlMs: 1 });
        expect(next).toMatchObject({ epoch: 2 });
        await journal.release(lease);
        expect((await journal.run('r1'))?.lease).toMatchObject({ owner: 'b' });
      });

      test('whoever lost a lease writes nothing, also where it had expired unnoticed', async () => {
        const lease = await start('r1', {}, notes(1));
        nowMs += 5000;
        await journal.append(lease, notes(2));
        const other = await open();
        const taken = await other.acquire('r1', { owner: 'b', ttlMs: 1000 });
        const id = await journal.request('r1', { type: 'cancel' });
        const lost = { code: 'HEDDLE_FENCED', run: 'r1' };
        const batch: Batch = {
          ...notes(3),
          patch: { status: 'failed', endedAtMs: 1 },
          answered: [id ?? 0],
          release: true,
        };
        await expect(journal.append(lease, batch)).rejects.toMatchObject(lost);
        await expect(journal.renew(lease, 1)).rejects.toMatchObject(lost);
        await expect(journal.saveSnapshot(lease, { seq: 1, data: 1 })).rejects.toMatchObject(lost);
        expect(await values('r1')).toEqual([1, 2]);
        expect(await journal.snapshot('r1')).toBeNull();
        expect(await journal.run('r1')).toMatchObject({
          status: 'pending',
          endedAtMs: null,
          lease: { owner: 'b', epoch: 2 },
        });
        expect(await journal.requests('r1')).toHaveLength(1);
        if (taken !== null) expect(await other.append(taken, notes(4))).toEqual({ seq: 3, hasRequests: true });
      });

      test('after a release nothing is written', async () => {
        const lease = await start('r1');
        await journal.release(lease);
        await expect(journal.append(lease, notes(1))).rejects.toMatchObject({ code: 'HEDDLE_FENCED' });
        await expect(journal.append({ ...lease, run: 'r0' }, notes(1))).rejects.toMatchObject({
          code: 'HEDDLE_FENCED',
        });
        expect(await read('r1')).toEqual([]);
      });

      test('one who is fenced does not disturb those who write at the same time', async () => {
        const first = await start('r1');
        const second = await start('r2');
        await journal.acquire('r1', { owner: 'b', ttlMs: 1 }, 'a');
        const written = await Promise.allSettled([
          journal.append(second, notes(1)),
          journal.append(first, notes(2)),
          journal.append(second, notes(3)),
        ]);
        expect(written.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
        expect(await values('r2')).toEqual([1, 3]);
      });
    });

    describe('entries', () => {
      test('are numbered without gaps and read in pages from anywhere', async () => {
        const lease = await start('r1', {}, notes(1));
        const other = await start('r2', {}, notes('x'));
        expect(await journal.append(lease, notes(2, 3, 4))).toEqual({ seq: 4, hasRequests: false });
        expect(await journal.append(other, notes('y'))).toEqual({ seq: 2, hasRequests: false });
        expect(await journal.append(lease, {})).toEqual({ seq: 4, hasRequests: false });
        await journal.append(lease, { ...notes(5), durable: true });
        expect((await read('r1')).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
        expect(await values('r1')).toEqual([1, 2, 3, 4, 5]);
        expect(await values('r2')).toEqual(['x', 'y']);
        for (const pageSize of [1, 2, 5, 6]) {
          expect((await read('r1', 1, pageSize)).map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
        }
        expect(await read('r1', 5)).toEqual([]);
        expect(await read('r0')).toEqual([]);
        const sizes: number[] = [];
        for await (const page of journal.entries('r1', { pageSize: 2 })) sizes.push(page.length);
        expect(sizes).toEqual([2, 2, 1]);
      });

      test('calls take effect in their order, waited for or not', async () => {
        const lease = await start('r1');
        const appended = [1, 2, 3].map((value) => journal.append(lease, notes(value)));
        const seen = journal.run('r1');
        const later = journal.append(lease, notes(4));
        expect((await Promise.all(appended)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
        expect((await seen)?.lastSeq).toBe(3);
        await later;
        expect(await values('r1')).toEqual([1, 2, 3, 4]);
      });

      test('are what they were when they were handed in', async () => {
        const lease = await start('r1');
        const value = { list: [1], inner: { a: 1 } };
        const appended = journal.append(lease, notes(value));
        await appended;
        value.list.push(2);
        value.inner.a = 2;
        expect(await values('r1')).toEqual([{ list: [1], inner: { a: 1 } }]);
      });

      test('values survive exactly', async () => {
        const lease = await start('r1');
        const written = [
          '\u0000 a\u0000b',
          '\ud800 \udfff\ud800',
          [-0, 0, NaN, Infinity, -Infinity, 1e308, 5e-324, 2 ** 53 + 2, 0.1],
          [undefined, null, [undefined]],
          12345678901234567890n,
          new Date(86400000),
          new Uint8Array([0, 255, 1]),
          new Map<unknown, unknown>([[{ a: 1 }, new Set([1, 'x'])]]),
          JSON.parse('{"__proto__":{"x":1},"constructor":2,"b":1,"a":2,"10":1,"9":2}') as unknown,
          { a: undefined },
          '',
          {},
          [],
        ];
        await journal.append(lease, notes(...written));
        const found = await values('r1');
        for (const [at, value] of written.entries()) expect(found[at]).toStrictEqual(value);
        expect(JSON.stringify(found[8])).toBe('{"9":2,"10":1,"__proto__":{"x":1},"constructor":2,"b":1,"a":2}');
        expect(Object.getPrototypeOf(found[8])).toBe(Object.prototype);
      });

      test('any data survives, in entries, snapshots and the cache', async () => {
        const lease = await start('r1');
        const anything = fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: false,
          withNullPrototype: false,
          withSparseArray: true,
          stringUnit: 'binary',
        });
        let seq = 0;
        await fc.assert(
          fc.asyncProperty(anything, async (value) => {
            ({ seq } = await journal.append(lease, notes(value)));
            await journal.saveSnapshot(lease, { seq, data: [value] });
            await journal.cache('key', value, Infinity);
            const [{ entry } = { entry: null }] = await read('r1', seq - 1);
            expect(entry).toStrictEqual({ type: 'note', value });
            expect((await journal.snapshot('r1'))?.data).toStrictEqual([value]);
            expect((await journal.cached('key', nowMs))?.result).toStrictEqual(value);
          }),
          { numRuns: 150 },
        );
      });

      test.each<[string, () => unknown]>([
        ['a function', () => ({ a: [() => 1] })],
        ['a symbol', () => [Symbol('x')]],
        [
          'a circle',
          () => {
            const value: Record<string, unknown> = { text: 'x' };
            value['self'] = [value];
            return value;
          },
        ],
        [
          'a large circle',
          () => {
            const value: Record<string, unknown> = { text: noise(20_000) };
            value['self'] = { again: value, twice: value };
            return value;
          },
        ],
        ['a promise', () => Promise.resolve(1)],
      ])('%s is refused, and nothing is written', async (_, value) => {
        const lease = await start('r1');
        await expect(journal.append(lease, notes(1, value()))).rejects.toMatchObject({
          code: 'HEDDLE_NOT_SERIALISABLE',
        });
        const definition = { hash: 'other', data: value() };
        await expect(journal.createRun(newRun('r2', { definition }))).rejects.toMatchObject({
          code: 'HEDDLE_NOT_SERIALISABLE',
        });
        expect(await read('r1')).toEqual([]);
        expect(await journal.run('r2')).toBeNull();
      });

      test('what is shared level upon level does not multiply', async () => {
        const lease = await start('r1');
        let value: unknown = { leaf: noise(100) };
        for (let level = 0; level < 40; level++) value = [value, value];
        await journal.append(lease, notes(value));
        let [found] = await values('r1');
        for (let level = 0; level < 40; level++) found = (found as unknown[])[level % 2];
        expect(found).toEqual({ leaf: noise(100) });
      });
    });

    describe('large values', () => {
      test('are stored once, whoever holds them', async () => {
        const text = noise(20_000);
        const first = await start('r1', { parameters: { text } }, notes(text, { deep: [text] }, text));
        const second = await start('r2', {}, notes([1, text]));
        await journal.append(first, notes({ again: text }));
        await journal.saveSnapshot(second, { seq: 1, data: { text } });
        await journal.cache('k', text, Infinity);
        await stored(1);
        expect(await values('r1')).toEqual([text, { deep: [text] }, text, { again: text }]);
        expect(await values('r2')).toEqual([[1, text]]);
        expect(await journal.snapshot('r2')).toEqual({ seq: 1, data: { text } });
        expect(await journal.cached('k', nowMs)).toEqual({ result: text });
      });

      test('small ones are not stored apart', async () => {
        await start('r1', {}, notes(noise(16_000), [noise(8000), noise(7000)]));
        await stored(0);
      });

      test('inside large values they are stored apart too', async () => {
        const inner = { text: noise(20_000), when: new Date(5) };
        const outer = { list: [noise(9000, 2), noise(9000, 3)], inner, __proto: 1 };
        await start('r1', {}, notes(outer, { inner }, [inner, inner, noise(30_000, 4)]));
        const found = await values('r1');
        expect(found).toStrictEqual([outer, { inner }, [inner, inner, noise(30_000, 4)]]);
        // The text of `inner`, the list of `outer`, the other text: what is left of each is small.
        await stored(3);
      });

      test('frozen ones are known again, also after they were pruned', async () => {
        const inner = Object.freeze({ text: noise(20_000) });
        const value = Object.freeze({ list: Object.freeze([noise(9000, 2), noise(9000, 3)]), inner });
        const numbers = Array.from({ length: 3000 }, (_, n) => n);
        const nested = Object.freeze([noise(20_000, 6), Object.freeze([...numbers, noise(20_000, 7)]), ...numbers]);
        const whole = Object.freeze([value, noise(17_000, 5), nested, Object.freeze(numbers)]);
        const first = await start('r1', {}, notes(whole));
        await end(first);
        expect(await journal.prune({ endedBeforeMs: nowMs + 1 })).toEqual(['r1']);
        await stored(0);
        await start('r2', {}, notes(whole, value));
        expect(await values('r2')).toStrictEqual([whole, value]);
        expect(await journal.check()).toEqual([]);
      });

      test('one that may change is looked at each time', async () => {
        const value = { list: [noise(20_000)] };
        const lease = await start('r1', {}, notes(value));
        value.list[0] = noise(20_000, 2);
        await journal.append(lease, notes(value));
        expect(await values('r1')).toEqual([{ list: [noise(20_000)] }, { list: [noise(20_000, 2)] }]);
      });

      test('a frozen one with a Date inside may change too', async () => {
        const date = new Date(1);
        const value = Object.freeze({ date, text: noise(20_000) });
        const lease = await start('r1', {}, notes(value));
        date.setTime(2);
        await journal.append(lease, notes(value));
        expect((await values('r1')).map((found) => (found as typeof value).date.getTime())).toEqual([1, 2]);
      });

      test('stay while somebody holds them', async () => {
        const text = noise(20_000);
        const first = await start('r1', {}, notes(text));
        const second = await start('r2', {}, notes(text, noise(20_000, 2)));
        await end(first);
        await journal.prune({ endedBeforeMs: nowMs + 1 });
        await stored(2);
        expect(await values('r2')).toEqual([text, noise(20_000, 2)]);
        await end(second);
        await journal.prune({ endedBeforeMs: nowMs + 1 });
        await stored(0);
      });

      test('of a snapshot that was replaced go with it', async () => {
        const lease = await start('r1');
        for (const seed of [1, 2, 3]) {
          await journal.saveSnapshot(lease, { seq: 0, data: { kept: noise(20_000, 9), state: noise(20_000, seed) } });
        }
        await stored(2);
        expect((await journal.snapshot('r1'))?.data).toEqual({ kept: noise(20_000, 9), state: noise(20_000, 3) });
      });
    });

    test('the newest snapshot is kept, the entries before it stay', async () => {
      const lease = await start('r1', {}, notes(1, 2, 3));
      expect(await journal.snapshot('r1')).toBeNull();
      await journal.saveSnapshot(lease, { seq: 2, data: { at: 2 } });
      await journal.saveSnapshot(lease, { seq: 3, data: { at: 3 } });
      expect(await journal.snapshot('r1')).toEqual({ seq: 3, data: { at: 3 } });
      expect(await values('r1')).toEqual([1, 2, 3]);
      expect(await journal.snapshot('r0')).toBeNull();
    });

    describe('requests', () => {
      test('stay until a batch answers them', async () => {
        const lease = await start('r1');
        const other = await open();
        const first = await other.request('r1', { type: 'approve', data: -0 } as Entry);
        expect(await journal.append(lease, {})).toMatchObject({ hasRequests: true });
        expect(await journal.requests('r1')).toEqual([{ id: first, request: { type: 'approve', data: -0 } }]);
        const second = (await other.request('r1', { type: 'cancel' })) ?? 0;
        expect(second).toBeGreaterThan(first ?? 0);
        expect((await journal.requests('r1', first ?? 0)).map(({ id }) => id)).toEqual([second]);
        expect(await journal.append(lease, { ...notes('approved'), answered: [first ?? 0] })).toEqual({
          seq: 1,
          hasRequests: true,
        });
        expect((await journal.requests('r1')).map(({ id }) => id)).toEqual([second]);
        expect(await journal.append(lease, { answered: [second] })).toMatchObject({ hasRequests: false });
        expect(await journal.requests('r1')).toEqual([]);
      });

      test('of others are not answered by mistake', async () => {
        const lease = await start('r1');
        await start('r2');
        const id = (await journal.request('r2', { type: 'cancel' })) ?? 0;
        await journal.append(lease, { answered: [id] });
        expect(await journal.requests('r2')).toHaveLength(1);
      });

      test('to a run that has ended or never was are refused', async () => {
        const lease = await start('r1');
        await end(lease);
        expect(await journal.request('r1', { type: 'cancel' })).toBeNull();
        expect(await journal.request('r0', { type: 'cancel' })).toBeNull();
        expect(await journal.requests('r0')).toEqual([]);
      });
    });

    test('results are cached until they expire', async () => {
      expect(await journal.cached('k\u0000\ud800', nowMs)).toBeNull();
      await journal.cache('k\u0000\ud800', { a: 1 }, nowMs + 10);
      await journal.cache('k\u0000\ud801', undefined, Infinity);
      expect(await journal.cached('k\u0000\ud800', nowMs + 9)).toEqual({ result: { a: 1 } });
      expect(await journal.cached('k\u0000\ud800', nowMs + 10)).toBeNull();
      expect(await journal.cached('k\u0000\ud801', 2 ** 52)).toEqual({ result: undefined });
      await journal.cache('k\u0000\ud800', noise(20_000), nowMs + 10);
      await journal.cache('k\u0000\ud800', 2, nowMs + 20);
      expect(await journal.cached('k\u0000\ud800', nowMs + 10)).toEqual({ result: 2 });
      nowMs += 20;
      await journal.prune({ endedBeforeMs: 0 });
      expect(await journal.cached('k\u0000\ud800', 0)).toBeNull();
      expect(await journal.cached('k\u0000\ud801', nowMs)).toEqual({ result: undefined });
      await stored(0);
    });

    describe('prune', () => {
      test('removes what ended before, but the newest', async () => {
        for (const [at, id] of ['r1', 'r2', 'r3', 'r4'].entries()) {
          await end(await start(id, { definition: { hash: `d${at}`, data: at } }, notes(at)), (at + 1) * 10);
        }
        await start('r5');
        expect(await journal.prune({ endedBeforeMs: 20 })).toEqual(['r1']);
        expect(await journal.prune({ endedBeforeMs: 100, keep: 2 })).toEqual(['r2']);
        expect((await journal.runs()).runs.map(({ id }) => id).sort()).toEqual(['r3', 'r4', 'r5']);
        expect(await read('r2')).toEqual([]);
        expect(await journal.definition('d1')).toBeUndefined();
        expect(await journal.definition('d2')).toBe(2);
        expect(await journal.prune({ endedBeforeMs: 100, keep: 2 })).toEqual([]);
        expect(await journal.createRun(newRun('r2'))).toBe(true);
      });

      test('takes the runs of sub-workflows along, and never alone', async () => {
        const parent = await start('r1');
        const child = await start('r2', { parent: { run: 'r1', task: 'call' } });
        const grandchild = await start('r3', { parent: { run: 'r2', task: 'call' } });
        await end(grandchild, 1);
        await end(child, 2);
        expect(await journal.prune({ endedBeforeMs: 100 })).toEqual([]);
        await end(parent, 3);
        expect([...(await journal.prune({ endedBeforeMs: 100 }))].sort()).toEqual(['r1', 'r2', 'r3']);
      });

      test('leaves a run that somebody works on again', async () => {
        const lease = await start('r1');
        await end(lease, 1);
        await journal.acquire('r1', { owner: 'b', ttlMs: 1000 });
        expect(await journal.prune({ endedBeforeMs: 100 })).toEqual([]);
        nowMs += 1000;
        expect(await journal.prune({ endedBeforeMs: 100 })).toEqual(['r1']);
      });

      test('a lease of a removed run does not fit a new one', async () => {
        const lease = await start('r1');
        const again = await journal.append(lease, { patch: { status: 'failed', endedAtMs: 1 } });
        expect(again.seq).toBe(0);
        nowMs += 5000;
        await journal.prune({ endedBeforeMs: 100 });
        await start('r2');
        await expect(journal.append(lease, notes(1))).rejects.toMatchObject({ code: 'HEDDLE_FENCED' });
        expect(await read('r2')).toEqual([]);
      });

      test('removes thousands of entries and values', async () => {
        const many = Array.from({ length: 1000 }, (_, n) => n);
        const lease = await start('r1', {}, notes(...many, ...many.slice(0, 300).map((n) => noise(17_000, n + 1))));
        await end(lease, 1);
        expect(await journal.prune({ endedBeforeMs: 100 })).toEqual(['r1']);
        expect(await journal.check()).toEqual([]);
        await stored(0);
      });
    });

    test('two journals on one place write side by side', async () => {
      const other = await open();
      const mine = await start('r1');
      const theirs = await other.start(newRun('r2'), { owner: 'b', ttlMs: 1000 });
      if (theirs === null) throw new Error('there is a run r2');
      const writes = Array.from({ length: 50 }, (_, n) => [
        journal.append(mine, notes(n, noise(17_000, n + 1))),
        other.append(theirs, notes(n, noise(17_000, n + 1))),
      ]);
      await Promise.all(writes.flat());
      expect(await values('r1')).toEqual(await values('r2'));
      expect(await values('r1')).toHaveLength(100);
      await stored(50);
      expect(await other.check()).toEqual([]);
    });

    test('a backup is a new file, compacting and checking change nothing', async () => {
      const lease = await start('r1', {}, notes(1, noise(20_000)));
      await journal.backup(where.backupFile);
      await expect(journal.backup(where.backupFile)).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_IO' });
      await journal.compact();
      expect(await journal.check()).toEqual([]);
      await journal.append(lease, notes(2));
      expect(await values('r1')).toEqual([1, noise(20_000), 2]);
    });

    test('a closed journal refuses everything, and is closed once', async () => {
      const lease = await start('r1');
      const last = journal.append(lease, notes(1));
      await journal.close();
      await journal.close();
      expect(await last).toMatchObject({ seq: 1 });
      const refused = { code: 'HEDDLE_JOURNAL_CLOSED' };
      await expect(journal.append(lease, notes(2))).rejects.toMatchObject(refused);
      await expect(journal.runs()).rejects.toMatchObject(refused);
      await expect(read('r1')).rejects.toMatchObject(refused);
      await expect(journal.compact()).rejects.toMatchObject(refused);
      await expect(journal.check()).rejects.toMatchObject(refused);
    });
  });
}
