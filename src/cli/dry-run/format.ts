import type { Output } from '../terminal.ts';
import { formatPlural } from '../text/quantities.ts';
import { formatValue } from '../text/value.ts';
import type { DryRun, DryRunItems, DryRunTask } from './dry-run.ts';

/** Lines of a value that are shown; an input of a megabyte is no overview. */
const MAX_LINES = 20;

/** A dry run for people. */
export function formatDryRun(dryRun: DryRun, output: Output): string {
  const { color } = output;
  const lines = [`${color.bold(dryRun.workflow)} ${color.dim('dry run: no action is run')}`];
  if (Object.keys(dryRun.parameters).length > 0) lines.push('', 'parameters', ...indent(dryRun.parameters, 2, output));
  dryRun.tasks.forEach((task, index) => lines.push('', ...formatTask(task, index + 1, output)));
  return lines.join('\n');
}

function formatTask(task: DryRunTask, number: number, output: Output): string[] {
  const { color } = output;
  const lines = [`${color.dim(`${number}.`)} ${color.bold(task.name)}  ${color.cyan(task.action)}`];
  const add = (label: string, text: string): void => void lines.push(`   ${color.dim(label.padEnd(6))} ${text}`);
  const after = task.after.map(({ task: name, when }) =>
    when === undefined ? name : `${name} ${color.dim(`when ${when}`)}`,
  );
  if (after.length > 0) add('after', `${after.join(', ')}${task.join === undefined ? '' : ` (join ${task.join})`}`);
  if (task.when !== undefined) {
    const { expression, holds } = task.when;
    add(
      'when',
      `${expression} ${color.dim(holds === null ? '(known in the run)' : holds ? '(holds)' : '(does not hold: skipped)')}`,
    );
  }
  if (task.items !== undefined) add('items', formatItems(task.items, output));
  if (Object.keys(task.input as object).length > 0) {
    add('input', task.items === undefined || task.items.count === 0 ? '' : color.dim('of the first item'));
    lines.push(...indent(task.input, 5, output));
  }
  return lines.map((line) => line.trimEnd());
}

function formatItems(items: DryRunItems, output: Output): string {
  const { color } = output;
  const what =
    items.count === null
      ? (items.source ?? '')
      : formatPlural(
          items.count,
          items.batchSize === undefined ? 'item' : 'batch',
          items.batchSize === undefined ? 'items' : 'batches',
        );
  const facts = [`concurrency ${String(items.concurrency)}`];
  if (items.batchSize !== undefined) facts.push(`batches of ${items.batchSize}`);
  return `${what} ${color.dim(`(${facts.join(', ')})`)}`;
}

function indent(value: unknown, width: number, output: Output): string[] {
  const lines = formatValue(value).split('\n');
  const shown = lines.slice(0, MAX_LINES).map((line) => `${' '.repeat(width)}${line}`);
  const rest = lines.length - shown.length;
  return rest > 0
    ? [...shown, output.color.dim(`${' '.repeat(width)}${output.symbols.ellipsis} ${formatPlural(rest, 'more line')}`)]
    : shown;
}
