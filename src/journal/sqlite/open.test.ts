import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { HeddleError } from '../../errors/index.ts';
import { openForTest, openRaw, startRun, temporaryDirectory } from '../testing/sqlite-file.ts';
import { refuseNetwork } from './filesystem.ts';
import { openSqliteJournal } from './open.ts';
import { MIGRATIONS, SCHEMA_VERSION } from './schema.ts';
import { isBusy, journalError, resultCode } from './sqlite-error.ts';

describe('opening a journal', () => {
  test('makes files and a directory that nobody else can read', async () => {
    const directory = path.join(await temporaryDirectory(), 'deep', '.heddle');
    const journal = await openForTest(path.join(directory, 'heddle.db'));
    await startRun(journal, 'r1');
    const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;
    expect(await modeOf(directory)).toBe(0o700);
    for (const name of ['heddle.db', 'heddle.db-wal', 'heddle.db-shm']) {
      expect([name, await modeOf(path.join(directory, name))]).toEqual([name, 0o600]);
    }
    await journal.backup(path.join(directory, 'backup.db'));
    expect(await modeOf(path.join(directory, 'backup.db'))).toBe(0o600);
    const backup = await openForTest(path.join(directory, 'backup.db'));
    expect((await backup.runs()).runs.map(({ id }) => id)).toEqual(['r1']);
  });

  test('notes the version of the file', async () => {
    const file = path.join(await temporaryDirectory(), 'heddle.db');
    await (await openSqliteJournal({ file, now: () => 5 })).close();
    const raw = await openRaw(file);
    expect(raw.prepare('SELECT version FROM migrations').all()).toHaveLength(SCHEMA_VERSION);
    expect(raw.prepare('PRAGMA journal_mode').get()).toMatchObject({ journal_mode: 'wal' });
    raw.close();
  });

  test('brings a file of the first version along', async () => {
    const file = path.join(await temporaryDirectory(), 'heddle.db');
    const first = await openRaw(file);
    first.exec(MIGRATIONS[0] ?? '');
    first.exec(`PRAGMA application_id = ${0x6864646c}; PRAGMA user_version = 1;
      INSERT INTO definitions VALUES ('d', '{"tasks":[]}');
      INSERT INTO runs (id, workflow, definition, parameters, status, created_at_ms, ended_at_ms)
        VALUES ('r1', 'deploy', 'd', '{"a":1}', 'failed', 5, 9), ('r2', 'deploy', 'd', '{}', 'running', 6, NULL);
      INSERT INTO leases VALUES (1, 1, NULL, 0), (2, 4, 'somebody', 7);
      INSERT INTO entries VALUES ((1 << 32) | 1, '{"type":"note","value":1}', NULL);`);
    first.close();
    const journal = await openForTest(file);
    expect((await journal.runs()).runs).toMatchObject([
      { id: 'r2', piece: false },
      { id: 'r1', status: 'failed', endedAtMs: 9, piece: false },
    ]);
    expect(await journal.run('r1')).toMatchObject({ parameters: { a: 1 }, lastSeq: 1, lease: null });
    expect(await journal.acquire('r2', { owner: 'a', ttlMs: 1000 })).toMatchObject({ epoch: 5 });
    expect(await journal.check()).toEqual([]);
    expect(await journal.prune({ endedBeforeMs: 10 })).toEqual(['r1']);
  });

  test('many at once make one journal', async () => {
    const file = path.join(await temporaryDirectory(), 'heddle.db');
    const journals = await Promise.all(Array.from({ length: 8 }, () => openForTest(file)));
    await Promise.all(journals.map((journal, at) => startRun(journal, `r${at}`)));
    expect((await journals[0]?.runs())?.runs).toHaveLength(8);
  });

  test.each<[string, string, (file: string) => Promise<unknown>]>([
    ['of a newer heddle', 'HEDDLE_JOURNAL_VERSION', (file) => change(file, 'PRAGMA user_version = 99')],
    ['of another program', 'HEDDLE_JOURNAL_INVALID', (file) => change(file, 'PRAGMA application_id = 7')],
    ['that is no database', 'HEDDLE_JOURNAL_INVALID', (file) => writeFile(file, 'no database at all\n'.repeat(100))],
  ])('refuses a file %s, and leaves it as it was', async (_, code, make) => {
    const file = path.join(await temporaryDirectory(), 'heddle.db');
    await make(file);
    const before = await stat(file);
    await expect(openSqliteJournal({ file })).rejects.toMatchObject({ code });
    await expect(openSqliteJournal({ file })).rejects.toThrow(file);
    expect((await stat(file)).size).toBe(before.size);
  });

  test('refuses what is no file, and a directory that cannot be', async () => {
    const directory = await temporaryDirectory();
    await mkdir(path.join(directory, 'heddle.db'));
    const file = path.join(directory, 'heddle.db');
    await expect(openSqliteJournal({ file })).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_INVALID' });
    await writeFile(path.join(directory, 'file'), '');
    await expect(openSqliteJournal({ file: path.join(directory, 'file', 'x', 'heddle.db') })).rejects.toMatchObject({
      code: 'HEDDLE_JOURNAL_IO',
    });
  });

  async function change(file: string, sql: string): Promise<void> {
    await (await openSqliteJournal({ file })).close();
    const raw = await openRaw(file);
    raw.exec(sql);
    raw.close();
  }
});

describe('network file systems', () => {
  const mounts = [
    'proc /proc proc rw 0 0',
    '/dev/sda1 / ext4 rw 0 0',
    'me@host:/ /mnt/far\\040away fuse.sshfs rw 0 0',
    'portal /mnt/near fuse.portal rw 0 0',
    'x /mnt/near/far fuse.rclone rw 0 0',
  ].join('\n');
  const on = (type: number) => ({ typeOf: () => type, mounts: () => mounts });
  const FUSE = 0x65735546;

  test.each<[string, number, string]>([
    ['/data', 0x6969, 'nfs'],
    ['/data', 0x517b, 'smb'],
    ['/data', 0xff534d42, 'cifs'],
    ['/data', 0xff534d42 - 2 ** 32, 'cifs'],
    ['/mnt/c', 0x01021997, '9p'],
    ['/mnt/far away/project', FUSE, 'fuse.sshfs'],
    ['/mnt/near/far', FUSE, 'fuse.rclone'],
  ])('%s of type %s is refused as %s', (directory, type, name) => {
    expect(() => refuseNetwork(directory, on(type))).toThrow(
      expect.objectContaining({ code: 'HEDDLE_JOURNAL_FILESYSTEM', message: expect.stringContaining(`(${name})`) }),
    );
  });

  test.each<[string, number]>([
    ['/data', 0xef53],
    ['/mnt/near/by', FUSE],
    ['/mnt/nearly', FUSE],
  ])('%s of type %s is fine', (directory, type) => {
    expect(refuseNetwork(directory, on(type))).toBeUndefined();
  });

  test('this machine is asked where nothing else is given', async () => {
    expect(refuseNetwork(await temporaryDirectory())).toBeUndefined();
  });
});

describe('errors of SQLite', () => {
  const failed = (errcode: number): Error => Object.assign(new Error('why'), { errcode });

  test.each<[number, string]>([
    [5, 'HEDDLE_JOURNAL_BUSY'],
    [5 | (2 << 8), 'HEDDLE_JOURNAL_BUSY'],
    [6, 'HEDDLE_JOURNAL_BUSY'],
    [8, 'HEDDLE_JOURNAL_READONLY'],
    [8 | (4 << 8), 'HEDDLE_JOURNAL_GONE'],
    [10, 'HEDDLE_JOURNAL_IO'],
    [10 | (19 << 8), 'HEDDLE_JOURNAL_FULL'],
    [11, 'HEDDLE_JOURNAL_CORRUPT'],
    [13, 'HEDDLE_JOURNAL_FULL'],
    [14, 'HEDDLE_JOURNAL_READONLY'],
    [26, 'HEDDLE_JOURNAL_INVALID'],
    [1, 'HEDDLE_JOURNAL_IO'],
  ])('%d is %s', (errcode, code) => {
    const cause = failed(errcode);
    const error = journalError(cause, '/x/heddle.db');
    expect(error).toMatchObject({ code, cause });
    expect((error as HeddleError).message).toContain('/x/heddle.db');
    expect(isBusy(cause)).toBe(code === 'HEDDLE_JOURNAL_BUSY');
  });

  test('anything else stays what it is', () => {
    const error = new HeddleError('HEDDLE_FENCED', 'x');
    expect(journalError(error, 'f')).toBe(error);
    expect(resultCode(null)).toBeNull();
    expect(isBusy(new Error('x'))).toBe(false);
  });

  test.each([
    ['database is locked', 5],
    ['database disk image is malformed', 11],
    ['anything', 10],
  ])('without a code %s is told by its message', (message, code) => {
    expect(resultCode(Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR' }))).toBe(code);
  });
});
