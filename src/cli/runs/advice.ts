import type { OpenWait } from '../../executor/index.ts';
import type { RunHistory } from '../../history/index.ts';
import { formatTime } from '../journal/time.ts';
import type { Output } from '../terminal.ts';
import { oneLine } from '../text/columns.ts';
import { formatKey } from '../text/value.ts';
import { hasEnded, shownStatus } from './status.ts';

/** One thing that is waited for: what, since when, until when. */
export function formatWait(wait: OpenWait, output: Output): string {
  const { color, symbols } = output;
  const { task, index, key, kind, name, prompt, untilMs } = wait;
  const place = index === null ? task : `${task}[${formatKey(key ?? index)}]`;
  const until = untilMs === undefined ? '' : color.dim(` ${symbols.dot} until ${formatTime(untilMs)}`);
  const what =
    kind === 'approval'
      ? `waits for an approval${prompt === undefined || prompt === '' ? '' : `: ${oneLine(prompt)}`}`
      : kind === 'signal'
        ? `waits for signal '${oneLine(name ?? '')}'`
        : 'waits for its time';
  return `${color.yellow(symbols.timedOut)} ${place} ${what}${until}`;
}

/** What can be done next about a run, as commands. */
export function adviceFor(run: RunHistory, { color }: Output): string[] {
  const commands = commandsFor(run);
  const width = Math.max(0, ...commands.map(([command]) => command.length));
  return commands.map(([command, meaning]) => `${color.cyan(command.padEnd(width))}  ${color.dim(meaning)}`);
}

function commandsFor({ id, status, isActive, isQueued, waits, executions }: RunHistory): (readonly [string, string])[] {
  const commands: (readonly [string, string])[] = waits.flatMap((wait) => answerTo(id, wait));
  const shown = shownStatus(status, isActive || isQueued);
  if (shown === 'interrupted') commands.push([`heddle resume ${id}`, 'goes on where the record ends']);
  if (shown === 'blocked') commands.push([`heddle resume ${id} --secrets FILE`, 'goes on with the secrets it needs']);
  const hasFailures = executions.some(({ items }) => (items?.stats.failed ?? 0) > 0);
  if (status === 'failed' || status === 'cancelled') {
    commands.push([`heddle resume ${id} --failed`, 'runs what failed again, and goes on']);
  } else if (hasEnded(status) && hasFailures) {
    commands.push([`heddle resume ${id} --failed`, 'runs the items that failed again']);
  }
  return commands;
}

/** What answers a wait: a command, and what it does. Nothing does for a time. */
export function answerTo(id: string, { task, kind, name, index, key }: OpenWait): (readonly [string, string])[] {
  if (kind === 'time') return [];
  if (kind === 'signal') return [[`heddle signal ${id} ${quoted(name ?? '')} --data …`, `wakes ${task}`]];
  const item = index === null ? '' : ` --item ${quoted(formatKey(key ?? index))}`;
  return [[`heddle approve ${id} ${task}${item}`, `answers ${task}; --reject says no, --data JSON gives an answer`]];
}

function quoted(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
