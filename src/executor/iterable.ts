import type { ContextVersion } from '../context/index.ts';
import { RangeList } from '../expression/index.ts';
import type { Execution } from './state.ts';

/** Whether a value can be iterated over synchronously; a string, which can, is a scalar here. */
export function isIterable(value: object): value is Iterable<unknown> {
  return typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';
}

/** Whether a value is an iterable that is no data: a generator, or anything else that gives elements when asked. */
export function isLazy(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (value instanceof Map || value instanceof Set || value instanceof RangeList || ArrayBuffer.isView(value))
    return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}

const replayables = new WeakSet();

/** The iterable gives the same elements when its action is called again. */
export function markReplayable(iterable: object): void {
  replayables.add(iterable);
}

/** Whether it was marked so. */
export function isReplayable(iterable: object): boolean {
  return replayables.has(iterable);
}

/** In place of the iterable that an execution returned in a process that has ended: it is no data and not recorded. */
export class EndedIterable {
  readonly execution: Execution;
  /** The context as the execution saw it. */
  readonly version: ContextVersion;

  constructor(execution: Execution, version: ContextVersion) {
    this.execution = execution;
    this.version = version;
  }
}
