export type * from './events.ts';
export type { EventListener, ListenOptions } from './event-sink.ts';
export type * from './entries.ts';
export {
  PlanExecutor,
  type Change,
  type ExecutorSettings,
  type RecordingSettings,
  type ResumeOptions,
  type RunOptions,
} from './executor.ts';
export type * from './distribution.ts';
export type { Durability } from './recorder.ts';
export type { KnownRun, RecordedRun, RecordedStatus, RunJournal, RunLease, RunRequest } from './run-journal.ts';
export type { OpenWait } from './waits.ts';
export type { Clock, FileItemsRequest, Host } from './host.ts';
export { Masker } from './masker.ts';
export { Run } from './run.ts';
export type { ActionCall, Interceptor } from './services.ts';
