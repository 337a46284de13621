import { beforeEach, describe, expect, test } from 'vitest';
import { MemoryJournal } from '../../journal/memory/memory-journal.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';
import { findRun, shortIds } from './find-run.ts';
import { journalPlace, openJournal } from './place.ts';
import { pruneNowAndThen, RETENTION, wouldPrune } from './retention.ts';
import { parseSince } from './time.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 21);

let journal: MemoryJournal;

beforeEach(() => {
  journal = new MemoryJournal({ now: () => NOW_MS });
});

async function ended(id: string, daysAgo: number, parent?: string): Promise<void> {
  const endedAtMs = NOW_MS - daysAgo * DAY_MS;
  await journal.start(
    {
      id,
      workflow: 'deploy',
      definition: { hash: 'definition', data: {} },
      parameters: {},
      status: 'running',
      createdAtMs: endedAtMs,
      ...(parent === undefined ? {} : { parent: { run: parent, task: 'call' } }),
    },
    { owner: 'test', ttlMs: 1 },
    { patch: { status: 'succeeded', endedAtMs }, release: true },
  );
}

describe('a run is found', () => {
  const place = { file: '/j.db', url: null, name: 'j.db', isDefault: false };
  const idOf = async (text: string): Promise<string> => (await findRun(journal, text, place)).id;

  test('by its id, by a beginning that is its own, or as the last one', async () => {
    await ended('aaa-1', 3);
    await ended('aaa-2', 2);
    await ended('bbb-3', 1);
    await ended('child', 0, 'bbb-3');
    expect(await idOf('aaa-2')).toBe('aaa-2');
    expect(await idOf('b')).toBe('bbb-3');
    expect(await idOf('last')).toBe('bbb-3');
    await expect(idOf('aaa')).rejects.toThrow("'aaa' is the beginning of several runs; give more of it:\naaa-2");
    await expect(idOf('x')).rejects.toThrow('The latest are:\nbbb-3');
    await expect(idOf('')).rejects.toMatchObject({ code: 'HEDDLE_RUN_UNKNOWN' });
  });

  test('never in a journal without runs', async () => {
    await expect(idOf('last')).rejects.toThrow('There is no run in j.db yet');
    await expect(idOf('a')).rejects.toThrow('It has none yet');
  });

  test('ids are shortened as far as they stay apart', () => {
    expect([...shortIds(['12345678-a1', '12345678-a2', 'abcdefgh-zz', 'x']).values()]).toEqual([
      '12345678-a1',
      '12345678-a2',
      'abcdefgh',
      'x',
    ]);
  });
});

describe('the place of a journal', () => {
  const { terminal } = fakeTerminal({ cwd: '/nowhere', env: {} });

  test.each([
    [undefined, {}, '/nowhere/.heddle/heddle.db', '.heddle/heddle.db'],
    ['x/j.db', {}, '/nowhere/x/j.db', 'x/j.db'],
    ['file:///tmp/j%20j.db', {}, '/tmp/j j.db', 'file:///tmp/j%20j.db'],
    [undefined, { HEDDLE_JOURNAL: '/var/j.db' }, '/var/j.db', '/var/j.db'],
    ['mine.db', { HEDDLE_JOURNAL: '/var/j.db' }, '/nowhere/mine.db', 'mine.db'],
  ])('%s with %j', (given, env, file, name) => {
    const options = given === undefined ? {} : { journal: given };
    expect(journalPlace(options, fakeTerminal({ cwd: '/nowhere', env }).terminal)).toMatchObject({
      file,
      name,
      url: null,
    });
  });

  test('on a server, whose password is not shown', async () => {
    const url = 'redis://me:secret@host:6380/2?x=1';
    const place = journalPlace({ journal: url }, terminal);
    expect(place).toMatchObject({ file: null, url });
    expect(place.name).not.toContain('secret');
    const other = journalPlace({ journal: 'mongodb://me:secret@host' }, terminal);
    await expect(openJournal(other)).rejects.toThrow(/^(?!.*secret).*mongodb/);
  });
});

describe('retention', () => {
  test('what would be removed is what is removed', async () => {
    for (let day = 0; day < 60; day++) await ended(`r${day}`, day);
    await ended('child', 59, 'r59');
    const retention = { olderThanMs: 50 * DAY_MS, keep: 55 };
    const would = (await wouldPrune(journal, retention, NOW_MS)).map(({ id }) => id);
    expect(would.sort()).toEqual(['child', 'r55', 'r56', 'r57', 'r58', 'r59']);
    const removed = await journal.prune({ endedBeforeMs: NOW_MS - retention.olderThanMs, keep: retention.keep });
    expect([...removed].sort()).toEqual(would);
  });

  test('is applied once a day', async () => {
    const prunes: number[] = [];
    journal.prune = ({ endedBeforeMs, keep }) => {
      prunes.push(endedBeforeMs, keep ?? 0);
      return Promise.resolve([]);
    };
    await pruneNowAndThen(journal, NOW_MS);
    await pruneNowAndThen(journal, NOW_MS + DAY_MS - 1);
    expect(prunes).toEqual([NOW_MS - 30 * DAY_MS, RETENTION.keep]);
    await pruneNowAndThen(journal, NOW_MS + DAY_MS);
    expect(prunes).toHaveLength(4);
  });
});

test.each([
  ['2h', NOW_MS - 7_200_000],
  ['7d', NOW_MS - 7 * DAY_MS],
  ['2026-11-20', Date.UTC(2026, 10, 20)],
  ['2026-11-20T12:00:00Z', Date.UTC(2026, 10, 20, 12)],
])('--since %s', (text, atMs) => {
  expect(parseSince(text, '--since', NOW_MS)).toBe(atMs);
});

test.each(['2', 'yesterday', '1 week', '2026-99-99'])('--since %s is refused', (text) => {
  expect(() => parseSince(text, '--since', NOW_MS)).toThrow('--since takes a time span');
});
