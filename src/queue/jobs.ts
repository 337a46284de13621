import { randomUUID } from 'node:crypto';
import { HeddleError } from '../errors/index.ts';
import type { Versions } from './action-versions.ts';
import type { NewJob } from './broker/broker.ts';

/** Of what jobs, records and chunks hold: a worker of an older heddle leaves newer ones to others. */
export const FORMAT = 1;

/** Where runs go that name no queue. */
export const DEFAULT_QUEUE = 'default';
/** Of runs that name none; 1 goes first. */
export const DEFAULT_PRIORITY = 1000;

/** Labels of a queued run in the journal, which tell whoever wakes it where its jobs go. */
export const LABELS = { queue: 'heddle:queue', priority: 'heddle:priority', schedule: 'heddle:schedule' } as const;

/** Where the jobs of a run go. */
export interface RunTags {
  readonly queue: string;
  readonly priority: number;
}

/** Reads {@link RunTags} from the labels of a run; null: it is no run of a queue. */
export function tagsOf(labels: Readonly<Record<string, string>>): RunTags | null {
  const queue = labels[LABELS.queue];
  if (queue === undefined) return null;
  const priority = Number(labels[LABELS.priority] ?? DEFAULT_PRIORITY);
  return { queue, priority: Number.isInteger(priority) && priority > 0 ? priority : DEFAULT_PRIORITY };
}

/** What makes a worker take a run up. */
export type Occasion =
  /** It is new. Two that enqueue the same run queue one job. */
  | { readonly type: 'start' }
  /** Somebody has put a request into its inbox. */
  | { readonly type: 'wake' }
  /** Something of it is due, in milliseconds since the epoch. */
  | { readonly type: 'timer'; readonly dueAtMs: number }
  /** It is to be taken up whatever its inbox holds. */
  | { readonly type: 'again' };

/** A job that advances a run. */
export function runJob(run: string, tags: RunTags, occasion: Occasion, delayMs = 0): NewJob {
  const { queue, priority } = tags;
  const data = { run, format: FORMAT };
  return {
    kind: 'run',
    queue,
    priority,
    data,
    id: `${run}-${suffixOf(occasion)}`,
    ...(delayMs > 0 ? { delayMs } : {}),
  };
}

function suffixOf(occasion: Occasion): string {
  switch (occasion.type) {
    case 'start':
      return 's-0';
    case 'timer':
      return `t-${Math.max(0, Math.floor(occasion.dueAtMs))}`;
    case 'wake':
      return `w-${unique()}`;
    case 'again':
      return `a-${unique()}`;
  }
}

function unique(): string {
  return randomUUID().replaceAll('-', '').slice(0, 12);
}

/** What the id of a job of a run says; null: it is no such id. */
export function readRunJob(id: string): { readonly run: string; readonly type: Occasion['type'] } | null {
  const match = /^(.+)-([stwa])-[0-9a-f]+$/.exec(id);
  if (match === null) return null;
  const types = { s: 'start', t: 'timer', w: 'wake', a: 'again' } as const;
  return { run: match[1] ?? '', type: types[match[2] as keyof typeof types] };
}

/** What a worker knows of a chunk before it has read its record. */
export interface ChunkSize {
  readonly count: number;
  /** Whether starts are to be reserved. */
  readonly hasRate: boolean;
}

/** A job for a chunk that is recorded under `chunk`, for workers that have these versions of actions. */
export function chunkJob(run: string, chunk: string, size: ChunkSize, tags: RunTags, versions: Versions): NewJob {
  const { queue, priority } = tags;
  const actions = Object.keys(versions).length === 0 ? {} : { actions: versions };
  const data = { run, chunk, format: FORMAT, ...actions };
  return { kind: 'chunk', queue, priority, id: chunkJobId(chunk, size), data };
}

/** The id of the job for a chunk: `CHUNK.COUNT`, with `r` behind it where there is a rate. */
export function chunkJobId(chunk: string, { count, hasRate }: ChunkSize): string {
  return `${chunk}.${count}${hasRate ? 'r' : ''}`;
}

/** Reads the id of the job for a chunk. */
export function readChunkJob(id: string): ChunkSize {
  const match = /\.(\d+)(r?)$/.exec(id);
  return { count: Number(match?.[1] ?? 1), hasRate: match?.[2] === 'r' };
}

/** @throws HEDDLE_USAGE for an id that no run of a queue may have */
export function verifyRunId(id: string): void {
  if (/^[\w.-]{1,200}$/.test(id)) return;
  const expected = "letters, digits, '-', '_' and '.', 200 at most";
  throw new HeddleError('HEDDLE_USAGE', `A run cannot have the id '${id.slice(0, 220)}'; expected ${expected}.`);
}
