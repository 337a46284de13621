import type { Journal, RunSummary } from '../../journal/journal.ts';
import { isActive, isQueued, type Present } from '../../history/index.ts';
import { shortIds } from '../journal/find-run.ts';
import { formatTime } from '../journal/time.ts';
import type { Output } from '../terminal.ts';
import { formatTable, oneLine, truncate } from '../text/columns.ts';
import { formatDuration } from '../text/quantities.ts';
import { widthOf } from '../text/width.ts';
import { formatSign, formatStatus, hasEnded, shownStatus, type ShownStatus } from './status.ts';

/** A run as the list shows it. */
export interface ListedRun extends RunSummary {
  readonly isActive: boolean;
  readonly shownStatus: ShownStatus;
}

/** Adds what only a look at each run's lease tells: whether a process works on those that have not ended. */
export async function listedRuns(
  journal: Journal,
  runs: readonly RunSummary[],
  present: Present,
): Promise<readonly ListedRun[]> {
  const listed: ListedRun[] = [];
  for (const run of runs) {
    const record = hasEnded(run.status) ? null : await journal.run(run.id);
    const active = record !== null && isActive(record, present);
    listed.push({ ...run, isActive: active, shownStatus: shownStatus(run.status, active || isQueued(run)) });
  }
  return listed;
}

/** Narrowest column of workflow names, in cells. */
const MIN_NAME = 8;
/** Blanks between columns. */
const GAP = 2;
/** Cells of a time. */
const TIME = 19;
/** Narrowest note that is worth showing. */
const MIN_NOTE = 12;

/** The runs as a table that is no wider than the terminal. */
export function formatRuns(runs: readonly ListedRun[], output: Output, nowMs: number): string[] {
  const { color, symbols } = output;
  const ids = shortIds(runs.map(({ id }) => id));
  const cells = runs.map((run) => ({
    id: ids.get(run.id) ?? run.id,
    workflow: oneLine(run.workflow),
    status: run.shownStatus,
    started: formatTime(run.startedAtMs ?? run.createdAtMs),
    took: tookOf(run, nowMs),
    note: noteOf(run),
  }));
  const columns = output.isTerminal ? output.columns : Infinity;
  const cellsOf = (head: string, name: 'id' | 'status' | 'took'): number =>
    widest([head, ...cells.map((cell) => cell[name])]);
  const tookWidth = GAP + cellsOf('took', 'took');
  // The sign with its blank stands before the id.
  const left = columns - 2 - cellsOf('run', 'id') - GAP - cellsOf('status', 'status') - GAP - TIME - GAP;
  const hasTook = left - tookWidth >= MIN_NAME;
  const room = hasTook ? left - tookWidth : left;
  const nameWidth = Math.max(MIN_NAME, Math.min(widest(['workflow', ...cells.map(({ workflow }) => workflow)]), room));
  const noteWidth = room - nameWidth - GAP;
  const hasNotes = noteWidth >= MIN_NOTE && cells.some(({ note }) => note !== '');
  const row = (started: string, took: string, note: string): string[] => [
    started,
    ...(hasTook ? [took] : []),
    ...(hasNotes ? [note] : []),
  ];
  const head = ['  run', 'workflow', 'status', ...row('started', 'took', '')].map((name) => color.dim(name));
  const rows = cells.map(({ id, workflow, status, started, took, note }) => [
    `${formatSign(status, output)} ${id}`,
    truncate(workflow, nameWidth, symbols.ellipsis),
    formatStatus(status, output),
    ...row(started, took, color.dim(truncate(note, noteWidth, symbols.ellipsis))),
  ]);
  return formatTable([head, ...rows], ['left', 'left', 'left', 'left', hasTook ? 'right' : 'left']);
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, widthOf(text)), 0);
}

function tookOf({ status, startedAtMs, createdAtMs, endedAtMs, isActive: active }: ListedRun, nowMs: number): string {
  const from = startedAtMs ?? createdAtMs;
  if (hasEnded(status)) return endedAtMs === null ? '' : formatDuration(endedAtMs - from);
  return active ? formatDuration(Math.max(0, nowMs - from)) : '';
}

/** Where it came from, and why it failed. */
function noteOf({ fork, parent, summary }: ListedRun): string {
  const notes: string[] = [];
  if (fork !== null) notes.push(`fork of ${fork.run.slice(0, 8)} at ${fork.task}`);
  if (parent !== null) notes.push(`called by ${parent.run.slice(0, 8)} ${parent.task}`);
  if (typeof summary === 'object' && summary !== null && 'error' in summary) {
    const { error } = summary;
    const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
    if (typeof message === 'string') notes.push(oneLine(message));
  }
  return notes.join(', ');
}
