import type { ExecutionHistory, RunHistory } from '../../history/index.ts';
import { formatTime } from '../journal/time.ts';
import { formatGroups, formatStats } from '../run/lines.ts';
import type { Output } from '../terminal.ts';
import { oneLine, padEnd, padStart, truncate } from '../text/columns.ts';
import { formatDuration, formatPlural } from '../text/quantities.ts';
import { formatKey, formatValue } from '../text/value.ts';
import { widthOf } from '../text/width.ts';
import { formatBar, type Span } from './bars.ts';
import { formatSign, formatStatus, hasEnded, shownStatus, type ShownStatus } from './status.ts';
import { adviceFor, formatWait } from './advice.ts';

/** Longest column of task names, in cells. */
const MAX_NAME = 32;
/** Executions that are shown one by one; of more only the last. */
const MAX_EXECUTIONS = 100;
/** Errors that are shown one by one. */
const MAX_ERRORS = 10;
/** Lines of parameters and output that are shown. */
const MAX_LINES = 40;

/** Everything that is known of a run, for people. `nowMs`: where it has not ended. */
export function formatRun(run: RunHistory, output: Output, nowMs: number): string[] {
  const blocks = [
    formatHead(run, output, nowMs),
    formatValues('parameters', run.parameters, output),
    formatExecutions(run, output, nowMs),
    run.waits.map((wait) => formatWait(wait, output)),
    formatErrors(run, output),
    formatValues('output', run.output, output),
    adviceFor(run, output),
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block, at) => (at === 0 ? block : ['', ...block]));
}

function formatHead(run: RunHistory, output: Output, nowMs: number): string[] {
  const { color, symbols } = output;
  const status = shownStatus(run.status, run.isActive || run.isQueued);
  const { fromMs, toMs } = spanOf(run, nowMs);
  const facts = [
    `${prepositionOf(run.status, status)} ${formatDuration(toMs - fromMs)}`,
    formatPlural(run.executions.length, 'task'),
  ];
  const separator = color.dim(` ${symbols.dot} `);
  const lines = [
    `${formatSign(status, output)} ${color.bold(oneLine(run.workflow))} ${formatStatus(status, output)} ${color.dim(facts.join(` ${symbols.dot} `))}`,
    [`  ${run.id}`, `started ${formatTime(fromMs)}`, ...(run.resumes === 0 ? [] : [resumed(run.resumes)])].join(
      separator,
    ),
  ];
  const { fork, parent } = run;
  if (fork !== null) {
    const item = fork.item === undefined ? '' : `, item ${formatKey(fork.item)}`;
    lines.push(`  fork of ${fork.run} at ${fork.task}${item}`);
  }
  if (parent !== null) lines.push(`  called by task ${parent.task} of ${parent.run}`);
  return lines;
}

/** Succeeded in, waiting for, interrupted after some time. */
function prepositionOf(status: RunHistory['status'], shown: ShownStatus): string {
  if (hasEnded(status)) return 'in';
  return shown === 'interrupted' ? 'after' : 'for';
}

function resumed(times: number): string {
  return times === 1 ? 'resumed once' : `resumed ${times} times`;
}

/** From its start to its end, or to the last that was recorded of it. */
function spanOf(run: RunHistory, nowMs: number): Span {
  const { startedAtMs, createdAtMs, endedAtMs, recordedAtMs, isActive, isQueued, waits } = run;
  const fromMs = startedAtMs ?? createdAtMs;
  if (endedAtMs !== null) return { fromMs, toMs: endedAtMs };
  if (isActive || isQueued || waits.length > 0) return { fromMs, toMs: Math.max(fromMs, nowMs) };
  return { fromMs, toMs: Math.max(fromMs, recordedAtMs ?? fromMs) };
}

function formatExecutions(run: RunHistory, output: Output, nowMs: number): string[] {
  const { color, symbols } = output;
  const whole = spanOf(run, nowMs);
  const shown = run.executions.slice(-MAX_EXECUTIONS);
  const hidden = run.executions.length - shown.length;
  const width = Math.min(MAX_NAME, Math.max(0, ...shown.map(({ task }) => widthOf(task))) + 4);
  const nth = new Map<string, number>();
  const lines: string[] = [];
  for (const [at, execution] of run.executions.entries()) {
    const times = (nth.get(execution.task) ?? 0) + 1;
    nth.set(execution.task, times);
    if (at >= hidden) lines.push(...formatExecution(execution, times, { whole, width, output }));
  }
  return hidden === 0
    ? lines
    : [color.dim(`${symbols.ellipsis} ${formatPlural(hidden, 'execution')} before`), ...lines];
}

function formatExecution(
  execution: ExecutionHistory,
  nth: number,
  { whole, width, output }: { readonly whole: Span; readonly width: number; readonly output: Output },
): string[] {
  const { color, symbols } = output;
  const { task, status, startedAtMs, endedAtMs, attempts, error, items } = execution;
  const span = { fromMs: startedAtMs, toMs: endedAtMs ?? whole.toMs };
  const name = nth > 1 ? `${task} ${color.dim(`#${nth}`)}` : task;
  const isSkipped = status === 'skipped';
  const time = isSkipped ? '' : formatDuration(span.toMs - span.fromMs);
  const facts: string[] = [];
  if (endedAtMs === null || isSkipped || status === 'cancelled') facts.push(formatStatus(status, output));
  if (items !== null) facts.push(formatStats(items.stats, output));
  else if (attempts > 1) facts.push(color.dim(formatPlural(attempts, 'attempt')));
  if (error !== null && items === null) facts.push(oneLine(error.message));
  const head = `${formatSign(status, output)} ${padEnd(name, width)} ${color.dim(padStart(time, 7))}`;
  const bar = isSkipped ? ' '.repeat(24) : formatBar(span, whole, output);
  const line = `${head}  ${bar}  ${facts.join(color.dim(` ${symbols.dot} `))}`.trimEnd();
  return [fitted(line, output), ...formatGroups(items?.failureGroups ?? [], output)];
}

/** Only plain text can be cut; a line with colours is left to the terminal. */
function fitted(line: string, output: Output): string {
  if (!output.isTerminal || output.color.isColorSupported) return line;
  return truncate(line, output.columns, output.symbols.ellipsis);
}

function formatErrors({ errors }: RunHistory, output: Output): string[] {
  const { color, symbols } = output;
  const unhandled = errors.filter(({ handled }) => !handled);
  const ofTasks = unhandled.filter(({ index }) => index === null);
  const chosen = ofTasks.length > 0 ? ofTasks : unhandled;
  const lines = chosen.slice(0, MAX_ERRORS).flatMap(({ task, code, message }) => {
    const [first = '', ...rest] = message.split('\n');
    const place = task === null ? '' : `${task}: `;
    const text = `${place}${first} ${color.dim(code)}`;
    return [`${color.red(symbols.failed)} ${text}`, ...rest.map((each) => `    ${each}`)];
  });
  const more = chosen.length - MAX_ERRORS;
  return more > 0 ? [...lines, color.dim(`${symbols.ellipsis} and ${more} more (--json lists them all)`)] : lines;
}

function formatValues(title: string, value: unknown, { color, symbols, columns, isTerminal }: Output): string[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return [];
  const lines = formatValue(value).split('\n');
  const shown = lines
    .slice(0, MAX_LINES)
    .map((line) => (isTerminal ? truncate(line, columns - 2, symbols.ellipsis) : line));
  const more = lines.length - shown.length;
  const rest = more > 0 ? [color.dim(`  ${symbols.ellipsis} ${formatPlural(more, 'line')} more (--json has all)`)] : [];
  return [color.dim(title), ...shown.map((line) => `  ${line}`), ...rest];
}
