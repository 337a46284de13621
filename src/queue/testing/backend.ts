import { MemoryJournal } from '../../journal/index.ts';
import type { Backend } from '../backend.ts';
import { MemoryBroker } from './memory-broker.ts';
import { MemoryCoordination } from './memory-coordination.ts';

/** A backend of tests, in memory. */
export interface MemoryBackend extends Backend {
  readonly broker: MemoryBroker;
  readonly coordination: MemoryCoordination;
  readonly journal: MemoryJournal;
}

/** Makes one. */
export function memoryBackend(): MemoryBackend {
  const journal = new MemoryJournal();
  return { broker: new MemoryBroker(), coordination: new MemoryCoordination(), journal, close: () => journal.close() };
}
