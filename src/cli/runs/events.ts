import type { RunEntry } from '../../executor/entries.ts';
import { formatPreciseTime } from '../journal/time.ts';
import type { Output } from '../terminal.ts';
import { oneLine, truncate } from '../text/columns.ts';
import { formatCount, formatPlural } from '../text/quantities.ts';
import { formatKey } from '../text/value.ts';
import { formatStatus } from './status.ts';

/** Longest value on a line, in cells. */
const MAX_VALUE = 60;

/** Writes entries of a record as lines; an entry without a time has that of the one before it. */
export class EntryLines {
  readonly #output: Output;
  #tasks = new Map<number, string>();
  #atMs: number | null = null;

  constructor(output: Output) {
    this.#output = output;
  }

  line(seq: number, entry: RunEntry): string {
    const { color } = this.#output;
    if ('atMs' in entry) this.#atMs = entry.atMs;
    if ('task' in entry && 'execution' in entry) this.#tasks.set(entry.execution, entry.task);
    const time = this.#atMs === null ? '' : formatPreciseTime(this.#atMs);
    const head = `${color.dim(`${time} ${String(seq).padStart(6)}`)}  ${entry.type.padEnd(10)}`;
    const place = 'execution' in entry ? `${this.#place(entry)}  ` : '';
    return `${head}  ${place}${this.#details(entry)}`.trimEnd();
  }

  #place(entry: Extract<RunEntry, { readonly execution: number }>): string {
    const { color } = this.#output;
    const task = this.#tasks.get(entry.execution) ?? '';
    const index = 'index' in entry && entry.index >= 0 && entry.type !== 'position' ? `[${entry.index}]` : '';
    return `${task}${index}${color.dim(`#${entry.execution}`)}`;
  }

  #details(entry: RunEntry): string {
    switch (entry.type) {
      case 'begun':
        return Object.keys(entry.variables).length === 0 ? '' : this.#value(entry.variables);
      case 'sent':
        return 'to a queue';
      case 'chunks':
        return formatPlural(entry.runs.length, 'chunk');
      case 'started':
        return entry.dueAtMs === undefined ? '' : `delayed until ${formatPreciseTime(entry.dueAtMs)}`;
      case 'completed':
      case 'item':
        return [formatStatus(entry.status, this.#output), ...this.#outcome(entry)].join('  ');
      case 'items':
        return `${rangeOf(entry.from, entry.count, entry.indexes !== undefined)} ${formatStatus('succeeded', this.#output)}`;
      case 'running':
        return entry.indexes.some((index) => index >= 0)
          ? `${formatPlural(entry.indexes.length, 'item')} in flight`
          : '';
      case 'source':
        return entry.total === null ? (entry.file?.path ?? '') : formatPlural(entry.total, 'item');
      case 'position':
        return `item ${formatCount(entry.index)}`;
      case 'folded':
        return rangeOf(entry.from, entry.count, false);
      case 'elements':
        return rangeOf(entry.from, entry.elements.length, false);
      case 'retrying':
        return `attempt ${entry.attempt + 1} at ${formatPreciseTime(entry.dueAtMs)}`;
      case 'waiting':
        return [entry.wait.kind, entry.wait.name ?? entry.wait.prompt ?? ''].join('  ').trimEnd();
      case 'answered':
        return this.#value(entry.data);
      case 'signalled':
        return `${oneLine(entry.name)}  ${this.#value(entry.data)}`;
      case 'cancelling':
        return oneLine(entry.reason);
      case 'failing':
        return oneLine(entry.error.message);
      case 'rerun':
        return 'from' in entry.selection ? `from ${[entry.selection.from].flat().join(', ')}` : 'what failed';
      case 'changed':
        return `${entry.path.join('.')} = ${this.#value(entry.value)}`;
      case 'ended':
        return formatStatus(entry.status, this.#output);
      case 'suspended':
      case 'resumed':
      case 'reopened':
        return '';
    }
  }

  #outcome(entry: Extract<RunEntry, { readonly type: 'completed' | 'item' }>): string[] {
    const { attempts, error, result } = entry;
    const facts: string[] = [];
    if (attempts !== undefined && attempts > 1 && !('items' in entry)) facts.push(formatPlural(attempts, 'attempt'));
    if (error !== undefined) facts.push(oneLine(error.message));
    else if (result !== undefined) facts.push(this.#value(result));
    return facts;
  }

  #value(value: unknown): string {
    return truncate(oneLine(formatKey(value)), MAX_VALUE, this.#output.symbols.ellipsis);
  }
}

function rangeOf(from: number, count: number, isScattered: boolean): string {
  if (isScattered) return formatPlural(count, 'item');
  return count === 1 ? formatCount(from) : `${formatCount(from)}–${formatCount(from + count - 1)}`;
}
