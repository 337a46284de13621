/** `heddle/queue`: runs on many machines, over BullMQ on Redis or PostgreSQL. */
export type { BackendOptions } from './backend.ts';
export type { JobKind, QueueCounts } from './broker/broker.ts';
export type { WorkerInfo } from './coordination/coordination.ts';
export {
  createQueue,
  enqueue,
  type Enqueued,
  type EnqueueOptions,
  type Queue,
  type QueueOptions,
  type ScheduleOptions,
  type SpreadProgress,
  type WaitOptions,
} from './queue.ts';
export type { QueueResult } from './run-result.ts';
export type { RegisteredSchedule } from './schedules.ts';
export type { SizeLimits } from './size-limit.ts';
export type { Unclaimed } from './unclaimed.ts';
export { createWorker, type Worker } from './worker.ts';
export type { WorkerEvent, WorkerListener, WorkerOptions, WorkerState } from './worker-options.ts';
