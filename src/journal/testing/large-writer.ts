// Writes more than is left without a checkpoint, closes unless told `open` or `exit`, and has nothing else to stay alive for.
import { openSqliteJournal } from '../index.ts';

const journal = await openSqliteJournal({ file: process.argv[2] ?? '' });
const definition = { hash: 'definition', data: {} };
const run = { id: 'r1', workflow: 'w', definition, parameters: {}, status: 'running', createdAtMs: 1 } as const;
const lease = await journal.start(run, { owner: 'a', ttlMs: 60_000 });
if (lease === null) throw new Error('there is a run');
for (let at = 0; at < 8; at++) {
  await journal.append(lease, { entries: [{ type: `${at}`.repeat(1_000_000) }] });
}
if (process.argv[3] === 'open') {
  process.stdout.write('written');
} else if (process.argv[3] === 'exit') {
  process.stdout.write('written', () => process.exit());
} else {
  await journal.close();
  process.stdout.write('closed');
}
