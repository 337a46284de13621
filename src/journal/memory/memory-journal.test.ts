import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeJournal } from '../testing/conformance.ts';
import { MemoryJournal } from './memory-journal.ts';
import { MemoryStore } from './store.ts';

describeJournal('MemoryJournal', async (now) => {
  const store = new MemoryStore();
  const directory = await mkdtemp(path.join(tmpdir(), 'heddle-journal-'));
  return {
    open: async () => new MemoryJournal({ store, now }),
    backupFile: path.join(directory, 'backup'),
    remove: () => rm(directory, { recursive: true }),
  };
});
