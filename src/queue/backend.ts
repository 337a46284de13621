import type { HeddleError } from '../errors/index.ts';
import { openJournal, type Journal } from '../journal/index.ts';
import { takeParameter } from '../journal/server-url.ts';
import type { Broker } from './broker/broker.ts';
import type { Coordination } from './coordination/coordination.ts';
import { journalBeside, queueUrl } from './queue-url.ts';

/** Where the queue and the record of its runs are. */
export interface BackendOptions {
  /**
   * `redis://`, `rediss://` or `postgres://[user:password@]host[:port]/…`. Default the environment's HEDDLE_QUEUE_URL, then
   * REDIS_URL.
   */
  readonly url?: string;
  /**
   * Queues of another prefix are other queues. Begins all keys in Redis, and is one hash tag, so that all of it lies on one
   * shard of a Cluster; names the schema in PostgreSQL. Default `heddle`.
   */
  readonly prefix?: string;
  /** Place of the journal, as for `openJournal`; all who work on the queue need the same. Default beside the queue. */
  readonly journal?: string;
  /** Life of locks and leases, in milliseconds: runs of a dead worker go on within twice this time. Default 10000. */
  readonly lockMs?: number;
  /** Whether a Redis that may evict keys will do. Default false. */
  readonly allowEviction?: boolean;
}

/** The three things that a queue is made of. */
export interface Backend {
  readonly broker: Broker;
  readonly coordination: Coordination;
  readonly journal: Journal;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** Life of locks and leases where nobody says, in milliseconds. */
export const DEFAULT_LOCK_MS = 10_000;

/**
 * Connects to the queue, and to the journal beside it.
 *
 * @throws HEDDLE_USAGE, HEDDLE_QUEUE_…, HEDDLE_JOURNAL_…
 */
export async function openBackend(
  options: BackendOptions,
  onError: (error: HeddleError) => void = () => {},
): Promise<Backend> {
  const given = queueUrl(options.url, process.env);
  const ofPrefix = takeParameter(given, 'prefix');
  // A journal in PostgreSQL names what is the prefix here.
  const { url, value: schema } = takeParameter(ofPrefix.url, 'schema');
  const { prefix = ofPrefix.value ?? schema ?? undefined, lockMs = DEFAULT_LOCK_MS, allowEviction = false } = options;
  const place = options.journal ?? journalBeside(url, prefix);
  const named = prefix === undefined ? {} : { prefix };
  const opened: { close(): Promise<void> }[] = [];
  const keep = <T>(part: T, close: () => Promise<void>): T => {
    opened.push({ close });
    return part;
  };
  const close = async (): Promise<void> => {
    for (const each of opened.splice(0)) await each.close();
  };
  try {
    const { openBroker } = await import('./broker/open-broker.ts');
    const { openCoordination } = await import('./coordination/open-coordination.ts');
    const queues = await openBroker({ url, ...named, lockMs, journal: place, allowEviction, onError });
    const broker = keep(queues, () => queues.close());
    const agreed = await openCoordination(journalBeside(url, prefix));
    const coordination = keep(agreed, () => agreed.disconnect());
    const recorded = await openJournal(place, { allowEviction });
    const journal = keep(recorded, () => recorded.close());
    return { broker, coordination, journal, close };
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
}
