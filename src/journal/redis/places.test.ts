import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { endProgram, findProgram, freePort, startProgram } from '../../../test/servers/program.ts';
import { hasRedis, RedisServer } from '../../../test/servers/redis-server.ts';
import type { Journal } from '../journal.ts';
import { openJournal } from '../open-journal.ts';
import { hasOpenssl, makeCertificate, roundTrip } from '../testing/certificate.ts';
import { noise, notes } from '../testing/conformance.ts';
import { manyMegabytes, startRun, valuesOf } from '../testing/server-journal.ts';

const open = async (url: string): Promise<Journal> => {
  const journal = await openJournal(url);
  onTestFinished(() => journal.close());
  return journal;
};
const start = async (...settings: readonly string[]): Promise<RedisServer> => {
  const server = await RedisServer.start(...settings);
  onTestFinished(() => server.stop());
  return server;
};
const temporary = async (): Promise<string> => {
  const directory = await mkdtemp(path.join(tmpdir(), 'heddle-places-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
};

/** Scripts, values in parts, lists, pruning, checks: whatever asks the server. */
async function expectJournal(url: string): Promise<void> {
  const [journal, other] = [await open(url), await open(url)];
  const [text] = manyMegabytes().slice(1);
  const lease = await startRun(journal, 'r1', notes(1, noise(20_000), text));
  expect(await valuesOf(other, 'r1')).toEqual([1, noise(20_000), text]);
  await journal.append(lease, { patch: { status: 'failed', endedAtMs: 1 }, release: true });
  expect((await other.runs()).runs.map(({ id }) => id)).toEqual(['r1']);
  expect(await other.check()).toEqual([]);
  expect(await other.prune({ endedBeforeMs: 10 })).toEqual(['r1']);
  expect(await journal.run('r1')).toBeNull();
}

interface Node {
  readonly server: RedisServer;
  readonly raw: Redis;
  readonly busPort: number;
}

/** A node of a Cluster that has some slots. */
async function startNode(slots: readonly [number, number]): Promise<Node> {
  const busPort = await freePort();
  const settings = [
    '--cluster-enabled',
    'yes',
    '--cluster-announce-ip',
    '127.0.0.1',
    '--cluster-port',
    String(busPort),
  ];
  const server = await start(...settings);
  const raw = new Redis(server.port);
  onTestFinished(() => raw.disconnect());
  await raw.cluster('ADDSLOTSRANGE', ...slots);
  return { server, raw, busPort };
}

const isReady = async (raw: Redis): Promise<boolean> => String(await raw.cluster('INFO')).includes('cluster_state:ok');

describe.skipIf(!hasRedis)('a journal in a Redis', () => {
  test('with a password, another database, and a prefix', async () => {
    const server = await start('--requirepass', 'p@ss');
    const url = `redis://:p%40ss@127.0.0.1:${server.port}/3?prefix=team`;
    await startRun(await open(url), 'kept');
    const raw = new Redis(server.port, { password: 'p@ss', db: 3 });
    onTestFinished(() => raw.disconnect());
    expect((await raw.keys('*')).every((key) => key.startsWith('{team}:'))).toBe(true);
    await expect(openJournal(`redis://:no@127.0.0.1:${server.port}/3`)).rejects.toMatchObject({
      code: 'HEDDLE_JOURNAL_DENIED',
    });
  });

  test.skipIf(!hasOpenssl)('that speaks TLS', async () => {
    const certificate = await makeCertificate(await temporary());
    const port = await freePort();
    const { keyFile, file } = certificate;
    const files = ['--tls-cert-file', file, '--tls-key-file', keyFile, '--tls-ca-cert-file', file];
    await start('--tls-port', String(port), '--tls-auth-clients', 'no', ...files);
    const url = `rediss://127.0.0.1:${port}`;
    const refused = openJournal(url);
    await expect(refused).rejects.toMatchObject({ code: 'HEDDLE_JOURNAL_UNREACHABLE' });
    await expect(refused).rejects.toThrow('self-signed');
    expect(await roundTrip(url, certificate)).toBe('20000 5');
  });

  test('that is a Cluster of one node', async () => {
    const { server, raw } = await startNode([0, 16_383]);
    await expect.poll(() => isReady(raw), { timeout: 20_000 }).toBe(true);
    await expectJournal(`redis+cluster://127.0.0.1:1,127.0.0.1:${server.port}`);
    const keys = await raw.keys('*');
    expect(keys.filter((key) => !key.startsWith('{heddle}:'))).toEqual([]);
  });

  test('that is a Cluster: it is found on whatever node it lies, and where that changes', async () => {
    // The tag {heddle} has slot 3,613.
    const [owner, other] = [await startNode([0, 9999]), await startNode([10_000, 16_383])];
    await owner.raw.call('CLUSTER', 'MEET', '127.0.0.1', other.server.port, other.busPort);
    const both = async (): Promise<boolean> => (await isReady(owner.raw)) && (await isReady(other.raw));
    await expect.poll(both, { timeout: 20_000 }).toBe(true);
    const url = `redis+cluster://127.0.0.1:${other.server.port}`;
    await expectJournal(url);
    const journal = await open(url);
    const lease = await startRun(journal, 'r1', notes(1));
    const move = (node: Node, state: string, to: unknown): Promise<unknown> =>
      node.raw.call('CLUSTER', 'SETSLOT', 3613, state, String(to));
    const [from, to] = [await owner.raw.cluster('MYID'), await other.raw.cluster('MYID')];
    await move(other, 'IMPORTING', from);
    await move(owner, 'MIGRATING', to);
    for (const key of await owner.raw.keys('{heddle}:*')) {
      await owner.raw.call('MIGRATE', '127.0.0.1', other.server.port, key, 0, 5000);
    }
    await move(other, 'NODE', to);
    await move(owner, 'NODE', to);
    expect(await journal.append(lease, notes(2))).toMatchObject({ seq: 2 });
    expect(await valuesOf(journal, 'r1')).toEqual([1, 2]);
  });

  test('that Sentinels watch', async () => {
    const server = await start();
    const port = await freePort();
    const file = path.join(await temporary(), 'sentinel.conf');
    await writeFile(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${server.port} 1\n`);
    const program = findProgram('redis-server') ?? '';
    const sentinel = await startProgram(program, [file, '--sentinel'], /\+monitor master main/);
    onTestFinished(() => endProgram(sentinel, 'SIGKILL'));
    await expectJournal(`redis+sentinel://127.0.0.1:${port}/main/1`);
  });
});
