import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeJournal } from '../testing/conformance.ts';
import { availableDriver, loadDriver, type DriverName } from './driver.ts';
import { openSqliteJournal } from './open.ts';

const drivers = new Set<DriverName>(['package', availableDriver()]);

for (const driver of drivers) {
  describeJournal(`SqliteJournal on ${driver}`, async (now) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'heddle-journal-'));
    const file = path.join(directory, '.heddle', 'heddle.db');
    const Database = await loadDriver(driver);
    return {
      open: () => openSqliteJournal({ file, now, driver }),
      countLargeValues: () => {
        const database = new Database(file, { timeout: 1000 });
        const { count } = database.prepare('SELECT count(*) AS count FROM large_values').get() as { count: number };
        database.close();
        return count;
      },
      backupFile: path.join(directory, 'backup.db'),
      remove: () => rm(directory, { recursive: true }),
    };
  });
}
