import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { endProgram, findProgram, freePort, startProgram } from '../../../test/servers/program.ts';
import { hasRedis, RedisServer } from '../../../test/servers/redis-server.ts';
import { Hands, runJob } from '../testing/waiting.ts';
import { WorkerProcess } from '../testing/worker.ts';
import { openBroker } from './open-broker.ts';

/** A job goes all the way: in, taken, in again, counted, done, gone; and a lock is renewed. */
async function expectWork(url: string): Promise<void> {
  const broker = await openBroker({ url, lockMs: 600 });
  onTestFinished(() => broker.close());
  await broker.add([runJob('a')]);
  const hands = new Hands();
  const consumer = broker.work('run', 'default', 1, hands.handle);
  const { job, end } = await hands.taken.next();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(job.signal.aborted).toBe(false);
  end({ againInMs: 50 });
  const again = await hands.taken.next();
  expect(await broker.counts()).toMatchObject([{ active: 1, waiting: 0 }, { kind: 'chunk' }]);
  again.end();
  await consumer.close();
  expect(await broker.live('run', 'default')).toEqual(new Set());
}

describe.skipIf(!hasRedis)('a Redis', () => {
  test('with a password and another database', async () => {
    const server = await RedisServer.start('--requirepass', 'p@ss');
    onTestFinished(() => server.stop());
    await expectWork(`redis://:p%40ss@127.0.0.1:${server.port}/3`);
  });

  test.skipIf(findProgram('openssl') === null)('that speaks TLS', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'heddle-tls-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const [key, certificate] = [path.join(directory, 'key.pem'), path.join(directory, 'certificate.pem')];
    const subject = ['-subj', '/CN=heddle', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject];
    await promisify(execFile)('openssl', made);
    const port = await freePort();
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
    const server = await RedisServer.start('--tls-port', String(port), '--tls-auth-clients', 'no', ...files);
    onTestFinished(() => server.stop());
    const url = `rediss://127.0.0.1:${port}`;
    await expect(openBroker({ url })).rejects.toMatchObject({ code: 'HEDDLE_QUEUE_UNREACHABLE' });
    const worker = await WorkerProcess.start(url, 'heddle', 600, 'block:0', { NODE_EXTRA_CA_CERTS: certificate });
    const broker = await openBroker({ url: server.url() });
    onTestFinished(() => broker.close());
    await broker.add([runJob('a')]);
    await worker.hear('done a');
  });

  test('that is a Cluster', async () => {
    const busPort = await freePort();
    const settings = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'];
    const server = await RedisServer.start(...settings, '--cluster-port', String(busPort));
    onTestFinished(() => server.stop());
    const raw = new Redis(server.port);
    onTestFinished(() => raw.disconnect());
    await raw.cluster('ADDSLOTSRANGE', 0, 16_383);
    while (!String(await raw.cluster('INFO')).includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expectWork(`redis+cluster://127.0.0.1:${server.port}`);
    const keys = await raw.keys('*');
    expect(keys.filter((key) => !key.startsWith('{heddle}:'))).toEqual([]);
  });

  test('that Sentinels watch', async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.stop());
    const directory = await mkdtemp(path.join(tmpdir(), 'heddle-sentinel-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const port = await freePort();
    const file = path.join(directory, 'sentinel.conf');
    await writeFile(file, `port ${port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 ${server.port} 1\n`);
    const sentinel = await startProgram(
      findProgram('redis-server') ?? '',
      [file, '--sentinel'],
      /\+monitor master main/,
    );
    onTestFinished(() => endProgram(sentinel, 'SIGKILL'));
    await expectWork(`redis+sentinel://127.0.0.1:${port}/main/1`);
  });
});
