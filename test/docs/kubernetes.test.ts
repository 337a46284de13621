import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { Redis } from 'ioredis';
import { loadAll } from 'js-yaml';
import { globSync } from 'tinyglobby';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { define } from '../../src/cli/commands/worker.ts';
import { createTerminal } from '../../src/cli/terminal.ts';
import { openBroker } from '../../src/queue/broker/open-broker.ts';
import type { JobKind } from '../../src/queue/broker/broker.ts';
import { hasRedis, RedisServer } from '../servers/redis-server.ts';

/** For a busy machine. */
const PATIENTLY = { timeout: 20_000 };
const directory = path.resolve(import.meta.dirname, '../../docs/kubernetes');

/** What these tests look at of a manifest. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: { readonly matchLabels: object };
    readonly scaleTargetRef: { readonly name: string };
    readonly minReplicaCount: number;
    readonly triggers: readonly { readonly type: string; readonly metadata: Trigger }[];
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec };
  };
  readonly data: Readonly<Record<string, string>>;
}

interface Trigger {
  readonly listName: string;
  readonly listLength: string;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface PodSpec {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly livenessProbe: Probe;
    readonly readinessProbe: Probe;
  }[];
}

const manifests = globSync(['*.yaml'], { cwd: directory })
  .sort()
  .flatMap((file) => loadAll(readFileSync(path.join(directory, file), 'utf8')) as Manifest[]);

function manifest(kind: string): Manifest {
  const found = manifests.filter((each) => each.kind === kind);
  expect(found).toHaveLength(1);
  return found[0] as Manifest;
}

/** The options that the Deployment gives `heddle worker`, and what that does not know. */
async function workerOptions(): Promise<{ unknown: readonly string[]; options: Readonly<Record<string, unknown>> }> {
  const [name, ...args] = manifest('Deployment').spec.template.spec.containers[0]?.args ?? [];
  expect(name).toBe('worker');
  const command = new Command();
  await define(command, { terminal: createTerminal(process), args: [], debug: false, exit: () => {} });
  const { operands, unknown } = command.parseOptions([...args]);
  return { unknown: [...operands, ...unknown], options: command.opts() };
}

describe('manifests for Kubernetes', () => {
  it('are whole, each with a kind and a name', () => {
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap redis',
      'Service redis',
      'StatefulSet redis',
      'ScaledObject heddle-worker',
      'Deployment heddle-worker',
      'PodDisruptionBudget heddle-worker',
    ]);
    expect(manifests.filter(({ apiVersion }) => !/^([a-z.]+\/)?v\d\w*$/.test(apiVersion))).toEqual([]);
  });

  it('start workers with options that there are, and look after them at their port', async () => {
    const { unknown, options } = await workerOptions();
    expect(unknown).toEqual([]);
    const { terminationGracePeriodSeconds, containers } = manifest('Deployment').spec.template.spec;
    const [worker] = containers;
    expect(worker?.ports).toEqual([{ name: 'health', containerPort: options.healthPort }]);
    expect(worker?.livenessProbe.httpGet).toEqual({ path: '/health', port: 'health' });
    expect(worker?.readinessProbe.httpGet).toEqual({ path: '/ready', port: 'health' });
    // A worker that is forced to close waits two seconds more.
    expect(terminationGracePeriodSeconds * 1000).toBeGreaterThan(Number(options.grace) + 2000);
  });

  it('select the pods that they are about', () => {
    const { labels } = manifest('Deployment').spec.template.metadata;
    expect(manifest('Deployment').spec.selector.matchLabels).toEqual(labels);
    expect(manifest('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels);
    expect(manifest('ScaledObject').spec.scaleTargetRef.name).toBe(manifest('Deployment').metadata.name);
    expect(manifest('ScaledObject').spec.minReplicaCount).toBeGreaterThan(0);
  });

  it('ask for a worker for as much as one takes', async () => {
    const { options } = await workerOptions();
    for (const { metadata } of manifest('ScaledObject').spec.triggers) {
      const takes = metadata.listName.includes('-chunk:') ? options.slots : options.concurrency;
      expect(Number(metadata.listLength)).toBe(takes);
    }
  });

  describe.runIf(hasRedis)('on a Redis', () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await RedisServer.start();
    });
    afterAll(() => server.stop());

    it('count what waits and what is worked on', async () => {
      const url = server.url();
      const broker = await openBroker({ url });
      const client = new Redis(url);
      const kinds: readonly JobKind[] = ['chunk', 'run'];
      await broker.add(
        kinds.flatMap((kind) => ['a', 'b'].map((id) => ({ kind, queue: 'default', id, data: { run: id, format: 1 } }))),
      );
      const lists = manifest('ScaledObject').spec.triggers.map(({ metadata }) => metadata.listName);
      const lengths = (): Promise<readonly number[]> =>
        Promise.all(
          lists.map(async (name) => ((await client.type(name)) === 'list' ? client.llen(name) : client.zcard(name))),
        );
      expect(await lengths()).toEqual([2, 0, 2, 0]);
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      for (const kind of kinds) broker.work(kind, 'default', 1, () => released);
      await expect.poll(lengths, PATIENTLY).toEqual([1, 1, 1, 1]);
      release();
      await expect.poll(lengths, PATIENTLY).toEqual([0, 0, 0, 0]);
      await broker.close();
      client.disconnect();
    });

    it('start with a configuration that a worker accepts', async () => {
      const config = manifest('ConfigMap').data['redis.conf'] ?? '';
      const settings = config
        .trim()
        .split('\n')
        .flatMap((line) => {
          const [name = '', ...values] = line.split(' ');
          return [`--${name}`, ...values.map((value) => (value === '""' ? '' : value))];
        });
      const configured = await RedisServer.start(...settings);
      const broker = await openBroker({ url: configured.url() });
      const client = new Redis(configured.url());
      expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
      expect(await client.config('GET', 'appendfsync')).toEqual(['appendfsync', 'everysec']);
      client.disconnect();
      await broker.close();
      await configured.stop();
    });
  });
});
