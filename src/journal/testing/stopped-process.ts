// Writes everything that can be written, each step told on standard output, until HEDDLE_STOP_POINT ends it.
import { openSqliteJournal } from '../index.ts';

const text = (seed: number): string => `${seed}:`.repeat(10_000);
const tell = (step: string): void => void process.stdout.write(`${step}\n`);

const journal = await openSqliteJournal({ file: process.argv[2] ?? '' });
const definition = { hash: 'definition', data: {} };
const run = { workflow: 'deploy', definition, parameters: {}, status: 'running', createdAtMs: 1 } as const;
const note = (value: unknown): { type: string; value: unknown } => ({ type: 'note', value });

const old = await journal.start(
  { ...run, id: 'old' },
  { owner: 'first', ttlMs: 60_000 },
  { entries: [note(1), note(text(1)), note(text(2))], patch: { status: 'failed', endedAtMs: 5 }, release: true },
);
tell(`old ${old?.epoch}`);
const lease = await journal.start(
  { ...run, id: 'new' },
  { owner: 'first', ttlMs: 60_000 },
  { entries: [note(1), note(text(1)), note(3)] },
);
if (lease === null) throw new Error('there is a run');
tell('new');
const request = await journal.request('new', { type: 'cancel' });
tell('request');
await journal.saveSnapshot(lease, { seq: 3, data: [text(3)] });
tell('snapshot');
await journal.cache('key', text(4), Infinity);
tell('cache');
await journal.append(lease, {
  entries: [note(4), note(text(5)), note(6)],
  answered: [request ?? 0],
  patch: { status: 'waiting' },
  durable: true,
});
tell('append');
await journal.prune({ endedBeforeMs: 10 });
tell('prune');
await journal.release(lease);
tell('release');
await journal.close();
