import type { QueueCounts, Queue, Unclaimed, WorkerInfo } from '../../queue/index.ts';
import type { Output } from '../terminal.ts';
import { formatTable } from '../text/columns.ts';
import { formatBytes, formatCount, formatDuration, formatPlural } from '../text/quantities.ts';

/** How a queue stands. */
export interface Overview {
  readonly queues: readonly QueueCounts[];
  readonly workers: readonly WorkerInfo[];
  readonly unclaimed: readonly Unclaimed[];
  /** Bytes that the server holds. */
  readonly bytes: number;
}

/** Asks a queue how it stands. */
export async function overviewOf(queue: Queue): Promise<Overview> {
  const [queues, workers, unclaimed, bytes] = await Promise.all([
    queue.counts(),
    queue.workers(),
    queue.unclaimed(),
    queue.bytes(),
  ]);
  return { queues, workers, unclaimed, bytes };
}

/** The same for people. */
export function formatOverview(
  { queues, workers, unclaimed, bytes }: Overview,
  output: Output,
  nowMs: number,
): string[] {
  const { color, symbols } = output;
  const head = ['queue', '', 'waiting', 'active', 'delayed', 'oldest', ''].map((text) => color.dim(text));
  const rows = queues.map(({ queue, kind, waiting, active, delayed, isPaused, oldestAtMs }) => [
    queue,
    color.dim(kind === 'run' ? 'runs' : 'chunks'),
    formatCount(waiting),
    formatCount(active),
    formatCount(delayed),
    oldestAtMs === null ? '' : formatDuration(Math.max(0, nowMs - oldestAtMs)),
    isPaused ? color.yellow('paused') : '',
  ]);
  const lines =
    queues.length === 0
      ? ['Nothing was queued yet.']
      : formatTable([head, ...rows], ['left', 'left', 'right', 'right', 'right', 'right']);
  lines.push('', ...workerLines(workers, output, nowMs));
  for (const { queue, workflow, reason, runs, count } of unclaimed) {
    const what = `${formatPlural(count, 'run')} of ${workflow} in ${queue}`;
    lines.push('', `${color.red(symbols.failed)} ${what}: ${reason}`, color.dim(`  ${runs.join(' ')}`));
  }
  lines.push('', color.dim(`The server holds ${formatBytes(bytes)}.`));
  return lines;
}

function workerLines(workers: readonly WorkerInfo[], { color }: Output, nowMs: number): string[] {
  if (workers.length === 0) return [color.yellow('No worker is there: heddle worker starts one.')];
  const head = ['worker', 'queues', 'slots', 'up', ''].map((text) => color.dim(text));
  const rows = workers.map(({ host, pid, queues, concurrency, startedAtMs, state, reason }) => [
    `${host}:${pid}`,
    queues.join(', '),
    String(concurrency),
    formatDuration(Math.max(0, nowMs - startedAtMs)),
    state === 'taking' ? color.green(state) : color.yellow(reason === null ? state : `${state}: ${reason}`),
  ]);
  return formatTable([head, ...rows], ['left', 'left', 'right', 'right']);
}
