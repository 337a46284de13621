import type { EndStatus, FailureGroup, ItemStats, RunEvent, RunResult, TaskCompleted } from '../../executor/events.ts';
import type { Output } from '../terminal.ts';
import { oneLine, padEnd, padStart, truncate } from '../text/columns.ts';
import { formatCount, formatDuration, formatPlural, formatRate } from '../text/quantities.ts';
import { formatKey } from '../text/value.ts';
import type { ActiveTask } from './board.ts';

/** Cells for a duration: `59m 59s`. */
const DURATION_WIDTH = 7;
/** Cells of the progress bar itself. */
const BAR_WIDTH = 24;
/** Kinds of failures listed under a task. */
const MAX_GROUPS = 8;
/** Keys of failed iterations named for each kind. */
const MAX_EXAMPLES = 3;
/** Longest message on the line of a task, in cells. */
const MAX_MESSAGE = 160;

type Mark = 'succeeded' | 'failed' | 'timedOut' | 'cancelled' | 'skipped';

const MARKS: Readonly<Record<EndStatus, Mark>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  timed_out: 'timedOut',
  cancelled: 'cancelled',
  skipped: 'skipped',
};

/** A status's symbol in its colour. */
export function formatMark(status: EndStatus, output: Output): string {
  const { color, symbols } = output;
  const mark = symbols[MARKS[status]];
  if (status === 'succeeded') return color.green(mark);
  if (status === 'failed' || status === 'timed_out') return color.red(mark);
  return status === 'cancelled' ? color.yellow(mark) : color.dim(mark);
}

/** What is told of a task that completed: a line, and one for each kind of failure of its iterations. */
export function formatCompleted(
  label: string,
  nth: number,
  event: TaskCompleted,
  width: number,
  output: Output,
): string[] {
  const { color } = output;
  const name = nth > 1 ? `${label} ${color.dim(`#${nth}`)}` : label;
  const time = event.status === 'skipped' ? '' : formatDuration(event.durationMs);
  const details = detailsOf(event, output);
  const line = `${formatMark(event.status, output)} ${padEnd(name, width)} ${color.dim(padStart(time, DURATION_WIDTH))}  ${details}`;
  return [line.trimEnd(), ...formatGroups(event.failureGroups ?? [], output)];
}

function detailsOf(event: TaskCompleted, output: Output): string {
  const { color, symbols } = output;
  const parts: string[] = [];
  if (event.stats !== undefined) parts.push(formatStats(event.stats, output));
  if (event.status === 'skipped') parts.push(color.dim('skipped'));
  if (event.status === 'cancelled') parts.push(color.yellow('cancelled'));
  if (event.attempts > 1 && event.stats === undefined) parts.push(color.dim(formatPlural(event.attempts, 'attempt')));
  if (event.error !== null && event.status !== 'cancelled' && event.stats === undefined) {
    const message = truncate(oneLine(event.error.message), MAX_MESSAGE, symbols.ellipsis);
    parts.push(event.handled ? color.dim(message) : message);
  }
  if (event.handled && (event.status === 'failed' || event.status === 'timed_out')) parts.push(color.dim('handled'));
  return parts.join(color.dim(` ${symbols.dot} `));
}

/** `1,000 items · 874 succeeded · 126 failed`; only the number where all went well. */
export function formatStats(stats: ItemStats, output: Output): string {
  const { color, symbols } = output;
  const total = stats.total ?? stats.succeeded + stats.failed + stats.skipped;
  const parts = [color.dim(formatPlural(total, 'item'))];
  if (stats.failed > 0 || stats.skipped > 0) {
    parts.push(color.green(`${formatCount(stats.succeeded)} succeeded`));
    if (stats.failed > 0) parts.push(color.red(`${formatCount(stats.failed)} failed`));
    if (stats.skipped > 0) parts.push(color.dim(`${formatCount(stats.skipped)} not started`));
  }
  return parts.join(color.dim(` ${symbols.dot} `));
}

/** One line for each kind of failure of the iterations of a task. */
export function formatGroups(groups: readonly FailureGroup[], output: Output): string[] {
  const { color, symbols } = output;
  const shown = [...groups].sort((a, b) => b.count - a.count).slice(0, MAX_GROUPS);
  const countWidth = Math.max(0, ...shown.map((group) => formatCount(group.count).length));
  const reasons = shown.map((group) => truncate(oneLine(group.reason), 60, symbols.ellipsis));
  const reasonWidth = Math.max(0, ...reasons.map((reason) => reason.length));
  const lines = shown.map((group, index) => {
    const examples = group.examples
      .slice(0, MAX_EXAMPLES)
      .map((key) => truncate(oneLine(formatKey(key)), 24, symbols.ellipsis));
    if (group.count > examples.length && examples.length > 0) examples.push(symbols.ellipsis);
    const count = color.red(formatCount(group.count).padStart(countWidth));
    return `    ${count} ${symbols.times} ${padEnd(reasons[index] ?? '', reasonWidth)}  ${color.dim(examples.join(', '))}`.trimEnd();
  });
  const rest = groups.length - shown.length;
  return rest > 0 ? [...lines, color.dim(`    ${symbols.ellipsis} and ${formatPlural(rest, 'other kind')}`)] : lines;
}

/** A line that an action wrote. */
export function formatLog(label: string, event: Extract<RunEvent, { type: 'log' }>, output: Output): string {
  const { color, symbols } = output;
  const from = event.index === null ? label : `${label}[${event.index}]`;
  const paint = event.level === 'error' ? color.red : event.level === 'warn' ? color.yellow : (text: string) => text;
  const sign = event.level === 'error' || event.level === 'warn' ? symbols.warning : symbols.info;
  const fields = Object.entries(event.fields).map(([name, value]) =>
    color.dim(` ${name}=${oneLine(formatKey(value))}`),
  );
  return `  ${paint(`${sign} ${color.dim(`${from}:`)} ${oneLine(event.message)}`)}${fields.join('')}`;
}

/** A running task: spinner, name, time; for a with-items task its bar with count, rate, failures and time left. */
export function formatActive(task: ActiveTask, frame: number, nowMs: number, width: number, output: Output): string {
  const { color, symbols } = output;
  const spinner = symbols.spinner[frame % symbols.spinner.length] ?? symbols.running;
  const time = color.dim(padStart(formatClock(nowMs - task.startedAtMs), DURATION_WIDTH));
  const head = `${color.cyan(spinner)} ${padEnd(task.label, width)} ${time}`;
  if (task.items === undefined) return task.attempt > 1 ? `${head}  ${color.dim(`attempt ${task.attempt}`)}` : head;
  const { total, succeeded, failed, perSecond } = task.items;
  const done = succeeded + failed;
  const facts: string[] = [];
  if (perSecond > 0) facts.push(color.dim(formatRate(perSecond)));
  if (failed > 0) facts.push(color.red(`${formatCount(failed)} failed`));
  if (total !== null && perSecond > 0 && done < total)
    facts.push(color.dim(`${formatClock(((total - done) * 1000) / perSecond)} left`));
  const count = total === null ? formatCount(done) : `${formatCount(done)}/${formatCount(total)}`;
  const bar = total === null ? '' : `${formatBar(succeeded, failed, total, output)} `;
  return [`${head}  ${bar}${count}`, ...facts].join(color.dim(` ${symbols.dot} `));
}

/** Seconds are enough for what changes while it is looked at. */
function formatClock(durationMs: number): string {
  return durationMs < 10_000
    ? `${(Math.max(0, durationMs) / 1000).toFixed(1)}s`
    : formatDuration(Math.round(durationMs / 1000) * 1000);
}

function formatBar(succeeded: number, failed: number, total: number, output: Output): string {
  const { color, symbols } = output;
  const share = total === 0 ? 1 : Math.min(1, (succeeded + failed) / total);
  const filled = Math.floor(share * BAR_WIDTH);
  // One failure among ten thousand must still be seen.
  const red = failed === 0 || filled === 0 ? 0 : Math.max(1, Math.round((failed / (succeeded + failed)) * filled));
  return (
    color.green(symbols.barDone.repeat(filled - red)) +
    color.red(symbols.barDone.repeat(red)) +
    color.dim(symbols.barLeft.repeat(BAR_WIDTH - filled))
  );
}

/** The last line: how the run ended and how long it took. */
export function formatEnd(
  result: Pick<RunResult, 'status' | 'durationMs' | 'tasks' | 'workflow'>,
  output: Output,
): string {
  const { color, symbols } = output;
  const mark = result.status === 'waiting' ? color.yellow(symbols.timedOut) : formatMark(result.status, output);
  const tasks = Object.values(result.tasks);
  const runs = tasks.reduce((sum, task) => sum + task.executions, 0);
  const word = { succeeded: color.green, failed: color.red, cancelled: color.yellow, waiting: color.yellow }[
    result.status
  ](result.status);
  const facts = [`in ${formatDuration(result.durationMs)}`, formatPlural(runs, 'task')].join(` ${symbols.dot} `);
  return `${mark} ${color.bold(result.workflow)} ${word} ${color.dim(facts)}`;
}
