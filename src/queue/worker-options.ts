import type { HeddleError } from '../errors/index.ts';
import type { Durability } from '../executor/index.ts';
import type { ExecutorOptions } from '../node/executor.ts';
import type { BackendOptions } from './backend.ts';

/** Options of `createWorker`. */
export interface WorkerOptions
  extends BackendOptions, Pick<ExecutorOptions, 'actions' | 'config' | 'keystore' | 'env' | 'logger'> {
  /** Queues whose work it takes. Default `default`. */
  readonly queues?: readonly string[];
  /** Runs that it advances at once, of each queue. Default 10. */
  readonly concurrency?: number;
  /** Chunks of iterations that it works on at once, of each queue. Default 4. */
  readonly slots?: number;
  /** Values of secret parameters by name, which are not recorded. Default none. */
  readonly secrets?: Readonly<Record<string, unknown>>;
  /** Iterations from which a task is spread over workers that does not say. Default 1000. */
  readonly distributeFrom?: number;
  /** How long `close` lets what is in flight go on, in milliseconds. Default 30000. */
  readonly graceMs?: number;
  /** Heap above which it takes no work, in bytes. Default 85 % of what V8 may have. */
  readonly maxHeapBytes?: number;
  /** Port of `/health` and `/ready`; 0: any. Default: none. */
  readonly healthPort?: number;
  /** When what a run did is written; docs/durability.md. Default `batched`. */
  readonly durability?: Durability;
}

/** What a worker says of itself. */
export type WorkerState = 'starting' | 'taking' | 'pausing' | 'leaving' | 'closed';

/** What happens in a worker. */
export type WorkerEvent =
  /** It begins to take work, pauses, or leaves; `reason`: why it does not take any. */
  | { readonly type: 'state'; readonly state: WorkerState; readonly reason: string | null }
  /** A run was taken up for the first time. */
  | { readonly type: 'run.started'; readonly run: string; readonly workflow: string }
  /** A run has ended. */
  | {
      readonly type: 'run.ended';
      readonly run: string;
      readonly workflow: string;
      readonly status: 'succeeded' | 'failed' | 'cancelled';
    }
  /** All iterations of a chunk have ended. */
  | {
      readonly type: 'chunk.ended';
      readonly run: string;
      readonly task: string;
      /** The first iteration; null: it was one call without items. */
      readonly from: number | null;
      readonly ended: number;
      readonly tookMs: number;
    }
  /** A run or a chunk that this worker cannot do goes back to its queue. */
  | {
      readonly type: 'handed-back';
      readonly run: string;
      readonly chunk: string | null;
      readonly reason: string;
      readonly againInMs: number;
    }
  /** Its time came for a schedule; `run` is null where the run before it has not ended. */
  | { readonly type: 'scheduled'; readonly schedule: string; readonly run: string | null }
  /** Work whose worker had died, or whose job was lost, was queued again. */
  | { readonly type: 'requeued'; readonly runs: readonly string[] }
  /** Something went wrong beside any run. */
  | { readonly type: 'error'; readonly error: HeddleError };

/** Told of what happens. */
export type WorkerListener = (event: WorkerEvent) => void;
