import type { ContextVersion } from '../context/index.ts';
import type { Execution } from './state.ts';

/** Whether a value can be iterated over synchronously; a string, which can, is a scalar here. */
export function isIterable(value: object): value is Iterable<unknown> {
  return typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';
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
