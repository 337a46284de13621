import { randomUUID } from 'node:crypto';
import { HeddleError } from '../../errors/index.ts';
import type { Journal } from '../journal.ts';
import { DEFAULT_CACHE_BYTES } from '../limits.ts';
import { parseServerAddress } from '../server-address.ts';
import { tooNew } from '../server-url.ts';
import { Calls, type Line } from './calls.ts';
import { RedisConnection } from './connection.ts';
import { redisError } from './redis-error.ts';
import { RedisJournal } from './redis-journal.ts';
import { SCRIPTS } from './scripts/index.ts';

/** Options of {@link openRedisJournal}. */
export interface RedisJournalOptions {
  /**
   * `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. `redis+sentinel://host[:port][,host…]/PRIMARY` for one that
   * Sentinels watch, `redis+cluster://host[:port][,host…]` for a Cluster, `rediss+…` likewise. May name the prefix: `?prefix=team`.
   */
  readonly url: string;
  /**
   * Begins all keys, as `{prefix}:`, and is the hash tag of a cluster: a journal lies on one shard. Default that of the URL,
   * else `heddle`.
   */
  readonly prefix?: string;
  /** How long a call waits for a server that is away, in milliseconds. Default 30000. */
  readonly patienceMs?: number;
  /** How long a call may stay without an answer before its connection counts as broken, in milliseconds. Default 30000. */
  readonly silenceMs?: number;
  /**
   * Large values that are read are kept in memory for the next who reads them, the latest first, up to so many bytes of
   * their encodings. Default 64 MiB.
   */
  readonly cacheBytes?: number;
  /** Whether a server that may evict keys will do. Default false. */
  readonly allowEviction?: boolean;
  /** Milliseconds since the epoch, for leases. Default the clock of the server, which all machines share. */
  readonly now?: () => number;
}

const DEFAULT_PATIENCE_MS = 30_000;
const DEFAULT_SILENCE_MS = 30_000;
/** Of the keys and what they hold. Since 2 large values may be compressed and split, and runs may have pieces. */
const VERSION = 2;

/** See `openRedisJournal` of `open-journal.ts`, which loads this when it is called. */
export async function openRedisJournal(options: RedisJournalOptions): Promise<Journal> {
  const { patienceMs = DEFAULT_PATIENCE_MS, silenceMs = DEFAULT_SILENCE_MS } = options;
  const { now = () => '' as const, cacheBytes = DEFAULT_CACHE_BYTES } = options;
  const address = parseServerAddress(options.url);
  if (address.kind !== 'redis') throw new HeddleError('HEDDLE_USAGE', `${address.name} is no Redis; see openJournal.`);
  const { name } = address;
  const tag = `{${options.prefix ?? address.prefix ?? 'heddle'}}:`;
  const connect = (): Promise<RedisConnection> => RedisConnection.open({ address, tag, silenceMs }, SCRIPTS);
  const line: Line = { client: randomUUID(), tag, name, patienceMs, connect };
  try {
    const connection = await connect();
    try {
      if (options.allowEviction !== true) await verifyPolicy(connection, name);
      await verifyVersion(connection, tag, name);
    } catch (error) {
      connection.close();
      throw error;
    }
    return new RedisJournal(new Calls(line, connection), line, now, cacheBytes);
  } catch (error) {
    throw redisError(error, name);
  }
}

/** @throws HEDDLE_JOURNAL_EVICTION where keys without an expiry may go */
async function verifyPolicy(connection: RedisConnection, name: string): Promise<void> {
  const memory = String(await connection.send('INFO', ['memory']));
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? '';
  if (!policy.startsWith('allkeys-')) return;
  throw new HeddleError(
    'HEDDLE_JOURNAL_EVICTION',
    `The journal ${name} lies in a Redis with maxmemory-policy ${policy}, which removes keys when memory is full; expected noeviction.`,
  );
}

/** @throws HEDDLE_JOURNAL_VERSION */
async function verifyVersion(connection: RedisConnection, tag: string, name: string): Promise<void> {
  const version = Number((await connection.send('HGET', [`${tag}meta`, 'version'])) ?? 0);
  if (version > VERSION) throw tooNew(name, version, VERSION);
  // What an older heddle wrote is read as it is.
  if (version < VERSION) await connection.send('HSET', [`${tag}meta`, 'version', VERSION]);
}
