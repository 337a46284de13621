export type * from './events.ts';
export type { EventListener, ListenOptions } from './event-sink.ts';
export { PlanExecutor, type ExecutorSettings, type RunOptions } from './executor.ts';
export type { Clock, FileItemsRequest, Host } from './host.ts';
export { Masker } from './masker.ts';
export { Run } from './run.ts';
export type { ActionCall, Interceptor } from './services.ts';
