import type { ExecutionHistory, RunComparison, RunHistory, TaskComparison } from '../../history/index.ts';
import { shortIds } from '../journal/find-run.ts';
import type { Output } from '../terminal.ts';
import { formatTable, oneLine, truncate } from '../text/columns.ts';
import { formatDuration, formatPlural } from '../text/quantities.ts';
import { formatKey } from '../text/value.ts';
import { formatStatus } from './status.ts';

/** Longest value in a line, in cells. */
const MAX_VALUE = 32;

/** How two runs differ, for people: tasks with what is different marked, then parameters and outputs. */
export function formatComparison(comparison: RunComparison, output: Output): string[] {
  const { a, b } = comparison;
  const ids = shortIds([a.id, b.id]);
  const heads: [string, string] = [ids.get(a.id) ?? a.id, ids.get(b.id) ?? b.id];
  const blocks = [
    formatTasks(comparison, heads, output),
    formatFields('parameters', comparison.parameters, [a.parameters, b.parameters], heads, output),
    formatFields('output', comparison.outputs, [a.output, b.output], heads, output),
  ].filter((block) => block.length > 0);
  const lines = blocks.flatMap((block, at) => (at === 0 ? block : ['', ...block]));
  const isSame = comparison.tasks.every(isEqual) && comparison.outputs.length + comparison.parameters.length === 0;
  return isSame ? [...lines, '', output.color.green('the same statuses, results and output')] : lines;
}

/** Whether a task came to the same in both runs, whatever time it took. */
function isEqual({ statusDiffers, resultDiffers, executions }: TaskComparison): boolean {
  return !statusDiffers && !resultDiffers && executions.a === executions.b;
}

function formatTasks({ a, b, tasks }: RunComparison, heads: readonly [string, string], output: Output): string[] {
  const { color } = output;
  const head = ['', heads[0], '', heads[1], '', ''].map((text) => color.dim(text));
  const rows = tasks.map((task) => [
    `${isEqual(task) ? ' ' : color.yellow('≠')} ${task.task}`,
    ...cellsOf(task.a, output),
    ...cellsOf(task.b, output),
    color.yellow(differenceOf(task)),
  ]);
  const whole = ['  run', ...runCells(a, output), ...runCells(b, output), ''];
  return formatTable([head, whole, ...rows], ['left', 'left', 'right', 'left', 'right']);
}

function cellsOf(execution: ExecutionHistory | null, output: Output): [string, string] {
  if (execution === null) return [output.color.dim('did not run'), ''];
  const { status, startedAtMs, endedAtMs } = execution;
  const took = endedAtMs === null || status === 'skipped' ? '' : formatDuration(endedAtMs - startedAtMs);
  return [formatStatus(status, output), output.color.dim(took)];
}

function runCells({ status, startedAtMs, createdAtMs, endedAtMs }: RunHistory, output: Output): [string, string] {
  const took = endedAtMs === null ? '' : formatDuration(endedAtMs - (startedAtMs ?? createdAtMs));
  return [formatStatus(status, output), output.color.dim(took)];
}

function differenceOf({ a, b, executions, resultDiffers, iterations }: TaskComparison): string {
  if (a === null || b === null) return '';
  const facts: string[] = [];
  if (executions.a !== executions.b) facts.push(`ran ${executions.a} × and ${executions.b} ×`);
  if (iterations !== null && iterations.count > 0) {
    const more = iterations.count > iterations.first.length ? ', …' : '';
    facts.push(`${formatPlural(iterations.count, 'item')} differ (${iterations.first.join(', ')}${more})`);
  } else if (resultDiffers) facts.push('another result');
  return facts.join(', ');
}

function formatFields(
  title: string,
  names: readonly string[],
  [a, b]: readonly [unknown, unknown],
  heads: readonly [string, string],
  output: Output,
): string[] {
  if (names.length === 0) return [];
  const { color } = output;
  const value = (from: unknown, name: string): string => {
    if (typeof from !== 'object' || from === null || !Object.hasOwn(from, name)) return color.dim('none');
    return truncate(oneLine(formatKey((from as Record<string, unknown>)[name])), MAX_VALUE, output.symbols.ellipsis);
  };
  const head = [title, ...heads].map((text) => color.dim(text));
  return formatTable([head, ...names.map((name) => [`${color.yellow('≠')} ${name}`, value(a, name), value(b, name)])]);
}
