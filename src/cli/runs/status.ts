import type { TaskStatus } from '../../executor/events.ts';
import type { RecordedStatus } from '../../journal/journal.ts';
import { formatMark } from '../run/lines.ts';
import type { Output } from '../terminal.ts';

/** What is shown of a run's status: `interrupted` is one that should go on and that no process works on. */
export type ShownStatus = RecordedStatus | 'interrupted';

/** Every status that a run can be shown with. */
export const SHOWN_STATUSES: readonly ShownStatus[] = [
  'pending',
  'running',
  'waiting',
  'blocked',
  'interrupted',
  'succeeded',
  'failed',
  'cancelled',
];

/** Whether the run has an end in the journal. */
export function hasEnded(status: RecordedStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

/** The status that people are shown. */
export function shownStatus(status: RecordedStatus, isActive: boolean): ShownStatus {
  return !isActive && (status === 'running' || status === 'pending') ? 'interrupted' : status;
}

/** The sign that stands before a run or a task, in its colour. */
export function formatSign(status: ShownStatus | TaskStatus, output: Output): string {
  const { color, symbols } = output;
  switch (status) {
    case 'pending':
    case 'running':
      return color.cyan(symbols.running);
    case 'waiting':
      return color.yellow(symbols.timedOut);
    case 'blocked':
    case 'interrupted':
      return color.yellow(symbols.warning);
    default:
      return formatMark(status, output);
  }
}

/** A status in its colour. */
export function formatStatus(status: ShownStatus | TaskStatus, output: Output): string {
  const { color } = output;
  switch (status) {
    case 'succeeded':
      return color.green(status);
    case 'failed':
    case 'timed_out':
      return color.red(status);
    case 'skipped':
      return color.dim(status);
    case 'pending':
    case 'running':
      return color.cyan(status);
    default:
      return color.yellow(status);
  }
}
