import { toJson } from '../../expression/text.ts';
import type { WorkerEvent } from '../../queue/index.ts';
import { errorToJson, formatError } from '../error-report.ts';
import { formatTime } from '../journal/time.ts';
import { formatMark } from '../run/lines.ts';
import type { Output, Terminal } from '../terminal.ts';
import { formatDuration, formatPlural } from '../text/quantities.ts';

/** How a worker's log is written. */
export interface WorkerLogOptions {
  /** Lines of JSON, on the output. */
  readonly json?: true;
  /** Chunks too. */
  readonly verbose?: true;
  readonly debug: boolean;
}

/** Writes what a worker tells: a line for each run that begins and ends, and for whatever is not as it should be. */
export function workerLog(
  { out, err }: Terminal,
  options: WorkerLogOptions,
  now: () => number,
): (event: WorkerEvent) => void {
  if (options.json === true) {
    return (event) => {
      if (event.type === 'chunk.ended' && options.verbose !== true) return;
      const error = event.type === 'error' ? { error: errorToJson(event.error) } : {};
      out.line(toJson({ atMs: now(), ...event, ...error }));
    };
  }
  return (event) => {
    const text = event.type === 'error' ? formatError(event.error, err, options.debug) : lineOf(event, options, err);
    if (text !== null) err.line(`${err.color.dim(formatTime(now()))} ${text}`);
  };
}

function lineOf(
  event: Exclude<WorkerEvent, { readonly type: 'error' }>,
  { verbose }: WorkerLogOptions,
  output: Output,
): string | null {
  const { color, symbols } = output;
  switch (event.type) {
    case 'state':
      return stateLine(event.state, event.reason, output);
    case 'run.started':
      return `${color.cyan(symbols.running)} ${event.workflow} ${color.dim(event.run)}`;
    case 'run.ended':
      return `${formatMark(event.status, output)} ${event.workflow} ${event.status} ${color.dim(event.run)}`;
    case 'chunk.ended': {
      if (verbose !== true) return null;
      const what = event.from === null ? 'one call' : `${formatPlural(event.ended, 'item')} from ${event.from}`;
      return color.dim(`  ${event.task}: ${what} in ${formatDuration(event.tookMs)} ${event.run}`);
    }
    case 'handed-back': {
      const again = `looked at again in ${formatDuration(event.againInMs)}`;
      return `${color.yellow(symbols.warning)} ${event.chunk ?? event.run}: ${event.reason}; ${again}, by whoever can`;
    }
    case 'scheduled':
      return event.run === null
        ? color.dim(`  schedule ${event.schedule}: left out, since the run before it goes on`)
        : color.dim(`  schedule ${event.schedule}: ${event.run}`);
    case 'requeued':
      return `${color.yellow(symbols.warning)} ${formatPlural(event.runs.length, 'run')} without a job queued again: ${event.runs.slice(0, 3).join(', ')}`;
  }
}

function stateLine(state: string, reason: string | null, { color, symbols }: Output): string | null {
  switch (state) {
    case 'taking':
      return color.green(`${symbols.succeeded} taking work`);
    case 'pausing':
      return color.yellow(`${symbols.warning} takes no work: ${reason ?? ''}`);
    case 'leaving':
      return color.yellow(`${symbols.cancelled} takes no more work; what is in flight ends`);
    case 'closed':
      return color.dim('ended');
    default:
      return null;
  }
}
