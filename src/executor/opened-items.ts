import { isDeepFrozen } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { Evaluated, ItemsPlan, Scope, TaskPlan } from '../plan/plan.ts';
import type { FilePlace } from './chunk-terms.ts';
import type { RunEntry } from './entries.ts';
import type { FileItemsRequest } from './host.ts';
import { AsyncSource, BatchSource, ListSource, partOf, RangeSource, sourceOf, type ItemSource } from './item-source.ts';
import { EndedIterable, isLazy, isReplayable } from './iterable.ts';
import { ItemsFeed } from './items-feed.ts';
import { ItemsProgress } from './items-progress.ts';
import { NotingPorts } from './noting-ports.ts';
import { recordedFile, RecordingSource, ResumedSource, type SourceRecord } from './recorded-source.ts';
import type { Recorder } from './recorder.ts';
import type { RunServices } from './services.ts';
import type { Execution } from './state.ts';

/** What has to be frozen before it is handed out: nothing, each element as it is taken, or leaf by leaf of the input. */
export type Freezing = 'nothing' | 'elements' | 'leaves';

/** The source of a with-items task, evaluated. */
export interface OpenedItems {
  readonly source: ItemSource;
  readonly freezing: Freezing;
  /** The list whose elements are frozen for the first time. */
  readonly list: readonly unknown[] | null;
  /** Index of the first iteration that the source has an element for; those before have ended. */
  readonly first: number;
  /** Whether another process that evaluates the source finds the same elements under the same indexes. */
  readonly isShareable: boolean;
}

/** What is being opened, and what is known of it. */
export interface Opening {
  readonly task: TaskPlan;
  readonly items: ItemsPlan;
  readonly execution: Execution;
  readonly scope: Scope;
  readonly services: RunServices;
  /** Null: it has not been opened before. */
  readonly progress: ItemsProgress | null;
}

/** Evaluates the source of a with-items task. @throws what keeps the task from starting, with its place. */
export function openItems(opening: Opening): OpenedItems {
  const { source, batchSize } = opening.items;
  const opened = source.kind === 'file' ? openFile(opening, source.request) : openValue(opening, source.value);
  return batchSize > 0 ? { ...opened, source: new BatchSource(opened.source, batchSize) } : opened;
}

function recordOf({ services, execution, progress }: Opening): SourceRecord | null {
  return services.recorder === null ? null : { recorder: services.recorder, execution: execution.number, progress };
}

function openFile(opening: Opening, request: Evaluated): OpenedItems {
  const { task, items, services, progress } = opening;
  try {
    const size = Math.max(1, items.batchSize);
    const first = progress?.done.firstHole ?? 0;
    const freezing = freezingOf(task, null, services);
    const { chunk } = services;
    if (chunk !== null && chunk.terms.elements !== undefined) {
      const left = chunk.terms.elements.slice((first - chunk.terms.from) * size);
      return { source: new ListSource(left), freezing, list: null, first, isShareable: false };
    }
    const file = fileOf(opening, request);
    const record = recordOf(opening);
    const chunks =
      record === null ? services.host.openItems(file) : recordedFile(services.host, file, record, first * size);
    // Nothing is put between a file and a run of its own.
    const end = chunk === null ? null : chunk.terms.from + (chunk.terms.count ?? 0);
    const wanted = end === null ? chunks : firstOf(chunks, (end - first) * size);
    return { source: new AsyncSource(wanted), freezing, list: null, first, isShareable: false };
  } catch (error) {
    throw request.locate(error);
  }
}

/** The first elements of a file. */
async function* firstOf(chunks: AsyncIterable<readonly unknown[]>, count: number): AsyncGenerator<readonly unknown[]> {
  let left = count;
  for await (const chunk of chunks) {
    yield chunk.length <= left ? chunk : chunk.slice(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

function fileOf({ scope, services }: Opening, request: Evaluated): FileItemsRequest {
  const file = request.evaluate(scope) as FileItemsRequest;
  return { ...file, path: services.host.resolvePath(services.directory, file.path) };
}

/** A file's elements, for others to work on; what is recorded of it is fed to `progress` too. */
export function feedOf(opening: Opening, recorder: Recorder, progress: ItemsProgress): ItemsFeed | null {
  const { items, execution, services } = opening;
  if (items.source.kind !== 'file') return null;
  const file = fileOf(opening, items.source.request);
  const push = (entry: RunEntry): void => {
    recorder.push(entry);
    progress.feed(entry);
  };
  const record = { recorder: { push }, execution: execution.number, progress };
  const placeOf = (element: number): FilePlace | null => {
    const { index, place } = progress.positionFor(element) ?? { index: 0, place: null };
    return progress.file === null ? null : { file: progress.file, index, place };
  };
  const open = (first: number): ItemSource => new AsyncSource(recordedFile(services.host, file, record, first));
  return new ItemsFeed(open, file.shared === true ? placeOf : null);
}

function openValue(opening: Opening, evaluated: Evaluated): OpenedItems {
  const { task, scope, services } = opening;
  try {
    const { ports } = scope.base.constants;
    if (ports instanceof NotingPorts) ports.wasAsked = false;
    const value = evaluated.evaluate(scope);
    const record = recordOf(opening);
    if (record !== null) return openRecorded(opening, record, value, ports instanceof NotingPorts && ports.wasAsked);
    const freezing = freezingOf(task, value, services);
    const list = freezing === 'elements' && Array.isArray(value) ? value : null;
    return { source: sourceOf(value), freezing, list, first: 0, isShareable: false };
  } catch (error) {
    throw evaluated.locate(error);
  }
}

/** `isFleeting`: evaluated another time, the value would be another. */
function openRecorded(opening: Opening, record: SourceRecord, value: unknown, isFleeting: boolean): OpenedItems {
  const { task, items, services, progress } = opening;
  const opened = { freezing: freezingOf(task, null, services), list: null, first: 0, isShareable: false };
  if (value instanceof EndedIterable) {
    const producer = services.plan.tasks[value.execution.slot]?.action;
    const isAgain = producer?.kind === 'action' && producer.action.replayable === true;
    const known = progress ?? new ItemsProgress(items, services.maxFailures);
    const wrap = (rest: ItemSource, index: number): ItemSource =>
      isAgain ? rest : new RecordingSource(rest, record, index);
    return { ...opened, source: new ResumedSource(known, () => services.reopen(value), wrap) };
  }
  if (progress !== null && progress.pulled > 0) {
    return { ...opened, source: new ResumedSource(progress, null, (rest) => rest) };
  }
  const source = sourceOf(value);
  if (isLazy(value)) return { ...opened, source: isReplayable(value) ? source : new RecordingSource(source, record) };
  const { total } = source;
  if (progress?.total === undefined) {
    const { recorder, execution } = record;
    if (isFleeting && total !== null) {
      const elements = source instanceof ListSource ? source.list : [...(value as Iterable<unknown>)];
      recorder.push({ type: 'elements', execution, from: 0, elements }, elements.length);
    }
    recorder.push({ type: 'source', execution, total });
  } else if (progress.total !== total) {
    const message = `there are ${total} elements, and there were ${progress.total} when task '${task.name}' started`;
    throw new HeddleError('HEDDLE_SOURCE_CHANGED', message);
  }
  const freezing = freezingOf(task, value, services);
  const hasIndexes = source instanceof ListSource || source instanceof RangeSource;
  if (services.chunk !== null && hasIndexes) {
    const { from, count } = services.chunk.terms;
    const first = Math.max(from, progress?.done.firstHole ?? 0);
    const size = Math.max(1, items.batchSize);
    const part = partOf(source, first * size, (from + (count ?? 0) - first) * size);
    return { source: part, freezing, list: null, first, isShareable: false };
  }
  const first = source instanceof ListSource ? (progress?.done.firstHole ?? 0) : 0;
  if (first > 0) source.skip(first * Math.max(1, items.batchSize));
  const list = freezing === 'elements' && Array.isArray(value) ? value : null;
  return { source, freezing, list, first, isShareable: hasIndexes && !isFleeting };
}

function freezingOf({ input }: TaskPlan, value: unknown, services: RunServices): Freezing {
  if (!services.freeze || input.sharesNothing) return 'nothing';
  if (!input.itemOnly) return 'leaves';
  return Array.isArray(value) && isDeepFrozen(value) ? 'nothing' : 'elements';
}
