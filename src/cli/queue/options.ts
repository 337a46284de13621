import type { Command } from 'commander';
import type { BackendOptions, Queue } from '../../queue/index.ts';
import { UsageError } from '../error-report.ts';
import type { Terminal } from '../terminal.ts';
import { parseDuration, parseSize } from '../../workflow/duration.ts';

/** Options of every command that needs the server of the queue. */
export interface ServerOptions {
  readonly url?: string;
  readonly prefix?: string;
  readonly journal?: string;
}

/** Adds `--url`, `--prefix` and `--journal`. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--url <URL>', 'redis://, rediss:// or postgres:// server (default: HEDDLE_QUEUE_URL, then REDIS_URL)')
    .option('--prefix <NAME>', 'queues of another prefix are other queues (default: heddle)')
    .option('--journal <PLACE>', 'where runs are recorded (default: beside the queue)');
}

/** The same for the library. @throws HEDDLE_USAGE where no server is named */
export async function serverOptions(
  { url, prefix, journal }: ServerOptions,
  { env }: Terminal,
): Promise<BackendOptions> {
  const { queueUrl } = await import('../../queue/queue-url.ts');
  return {
    url: queueUrl(url, env),
    ...(prefix === undefined ? {} : { prefix }),
    ...(journal === undefined ? {} : { journal }),
  };
}

/** Opens the queue, does something with it, and closes it. @throws HEDDLE_USAGE, HEDDLE_QUEUE_…, HEDDLE_JOURNAL_… */
export async function withQueue<T>(
  options: ServerOptions,
  terminal: Terminal,
  work: (queue: Queue) => Promise<T>,
): Promise<T> {
  const { createQueue } = await import('../../queue/index.ts');
  const queue = await createQueue(await serverOptions(options, terminal));
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

/** Milliseconds of `30s`; a bare number is seconds. */
export function durationOption(option: string) {
  return (text: string): number => {
    const durationMs = parseDuration(text);
    if (durationMs === null) throw new UsageError(`${option} takes a duration such as 30s or 5m, but got '${text}'`);
    return durationMs;
  };
}

/** Bytes of `500MB`. */
export function sizeOption(option: string) {
  return (text: string): number => {
    const bytes = parseSize(text);
    if (bytes === null) throw new UsageError(`${option} takes a size such as 500MB or 2GiB, but got '${text}'`);
    return bytes;
  };
}
