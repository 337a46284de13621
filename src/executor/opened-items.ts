import { isDeepFrozen } from '../context/index.ts';
import type { Evaluated, ItemsPlan, Scope, TaskPlan } from '../plan/plan.ts';
import type { FileItemsRequest } from './host.ts';
import { AsyncSource, BatchSource, sourceOf, type ItemSource } from './item-source.ts';
import type { RunServices } from './services.ts';

/** What has to be frozen before it is handed out: nothing, each element as it is taken, or leaf by leaf of the input. */
export type Freezing = 'nothing' | 'elements' | 'leaves';

/** The source of a with-items task, evaluated. */
export interface OpenedItems {
  readonly source: ItemSource;
  readonly freezing: Freezing;
  /** The list whose elements are frozen for the first time. */
  readonly list: readonly unknown[] | null;
}

/** Evaluates the source of a with-items task. @throws what keeps the task from starting, with its place. */
export function openItems(task: TaskPlan, items: ItemsPlan, scope: Scope, services: RunServices): OpenedItems {
  const { source, batchSize } = items;
  const opened =
    source.kind === 'file'
      ? openFile(task, source.request, scope, services)
      : openValue(task, source.value, scope, services);
  return batchSize > 0 ? { ...opened, source: new BatchSource(opened.source, batchSize) } : opened;
}

function openFile(task: TaskPlan, request: Evaluated, scope: Scope, services: RunServices): OpenedItems {
  try {
    const file = request.evaluate(scope) as FileItemsRequest;
    const path = services.host.resolvePath(services.directory, file.path);
    const source = new AsyncSource(services.host.openItems({ ...file, path }));
    return { source, freezing: freezingOf(task, null, services), list: null };
  } catch (error) {
    throw request.locate(error);
  }
}

function openValue(task: TaskPlan, value: Evaluated, scope: Scope, services: RunServices): OpenedItems {
  try {
    const list = value.evaluate(scope);
    const freezing = freezingOf(task, list, services);
    return { source: sourceOf(list), freezing, list: freezing === 'elements' && Array.isArray(list) ? list : null };
  } catch (error) {
    throw value.locate(error);
  }
}

function freezingOf({ input }: TaskPlan, value: unknown, services: RunServices): Freezing {
  if (!services.freeze || input.sharesNothing) return 'nothing';
  if (!input.itemOnly) return 'leaves';
  return Array.isArray(value) && isDeepFrozen(value) ? 'nothing' : 'elements';
}
