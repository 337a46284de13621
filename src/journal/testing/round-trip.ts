// Opens the journal of a URL, writes a run and reads it back: for connections that a process must be started for.
import { openJournal } from '../index.ts';

const journal = await openJournal(process.argv[2] ?? '');
const definition = { hash: 'definition', data: {} };
const run = { id: 'r1', workflow: 'w', definition, parameters: {}, status: 'running', createdAtMs: 1 } as const;
const entries = [{ type: 'x'.repeat(20_000) }, { type: 'small' }];
await journal.start(run, { owner: 'a', ttlMs: 60_000 }, { entries });
const lengths: number[] = [];
for await (const page of journal.entries('r1')) lengths.push(...page.map(({ entry }) => entry.type.length));
await journal.close();
process.stdout.write(lengths.join(' '));
