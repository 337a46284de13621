import type { IterationHistory, IterationsPage } from '../../history/index.ts';
import { formatGroups, formatStats } from '../run/lines.ts';
import type { Output } from '../terminal.ts';
import { formatTable, oneLine, truncate } from '../text/columns.ts';
import { formatCount } from '../text/quantities.ts';
import { formatKey } from '../text/value.ts';
import { widthOf } from '../text/width.ts';
import { formatSign, formatStatus } from './status.ts';

/** Iterations on a page. */
export const PAGE_ITEMS = 50;

/** A page of iterations as a table. `page` counts from 1. */
export function formatItems({ execution, list }: IterationsPage, page: number, output: Output): string[] {
  const { color } = output;
  const { task, items } = execution;
  const lines = [
    `${formatSign(execution.status, output)} ${color.bold(task)} ${items === null ? '' : formatStats(items.stats, output)}`,
  ];
  if (items !== null && page === 1) lines.push(...formatGroups(items.failureGroups, output));
  const pages = Math.max(1, Math.ceil((items?.started ?? 0) / PAGE_ITEMS));
  if (list.length === 0) return [...lines, color.dim(`no item on page ${formatCount(page)} of ${formatCount(pages)}`)];
  lines.push('', ...formatRows(list, output));
  const more = page < pages ? `; the next: --page ${page + 1}` : '';
  if (pages > 1) lines.push('', color.dim(`page ${formatCount(page)} of ${formatCount(pages)}${more}`));
  return lines;
}

function formatRows(list: readonly IterationHistory[], output: Output): string[] {
  const { color, symbols } = output;
  const hasKeys = list.some(({ key }) => key !== undefined);
  const hasAttempts = list.some(({ attempts }) => attempts > 1);
  const rows = list.map((iteration) => [
    `${formatSign(iteration.status, output)} ${formatCount(iteration.index)}`,
    ...(hasKeys
      ? [truncate(iteration.key === undefined ? '' : oneLine(formatKey(iteration.key)), 24, symbols.ellipsis)]
      : []),
    formatStatus(iteration.status, output),
    ...(hasAttempts ? [iteration.attempts > 1 ? `${iteration.attempts} attempts` : ''] : []),
  ]);
  const heads = formatTable(rows.map((row) => [...row, '']));
  const width = heads.reduce((widest, head) => Math.max(widest, widthOf(head)), 0);
  const room = output.isTerminal ? Math.max(10, output.columns - width - 2) : Infinity;
  return list.map((iteration, at) => {
    const text = truncate(whatCameOf(iteration), room, symbols.ellipsis);
    const head = heads[at] ?? '';
    const paint = iteration.error === undefined ? (shown: string) => shown : color.red;
    return `${head}${' '.repeat(width - widthOf(head) + 2)}${paint(text)}`.trimEnd();
  });
}

function whatCameOf({ error, result, status }: IterationHistory): string {
  if (error !== undefined) return oneLine(error.message);
  if (result !== undefined) return oneLine(formatKey(result));
  return status === 'succeeded' ? '(result not kept)' : '';
}
