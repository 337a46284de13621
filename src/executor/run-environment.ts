import type { ContextPorts } from '../context/index.ts';
import type { EventListeners } from './event-sink.ts';
import type { Host } from './host.ts';
import type { Masker } from './masker.ts';
import type { ResultCache } from './result-cache.ts';
import type { RecordingTerms, RunRecording } from './run-recording.ts';
import type { Interceptor } from './services.ts';

/** What a run is given beside its plan and parameters; the same for it and its sub-workflows. */
export interface RunEnvironment {
  readonly host: Host;
  readonly ports: ContextPorts;
  readonly config: Readonly<Record<string, unknown>>;
  readonly keystore: Readonly<Record<string, unknown>>;
  readonly freeze: boolean;
  readonly intercept: Interceptor | null;
  readonly cache: ResultCache;
  readonly maxConcurrency: number;
  readonly keepResults: boolean;
  readonly measuresCost: boolean;
  /** Null: runs are not recorded. */
  readonly recording: RecordingTerms | null;
}

/** Where a sub-workflow's run hangs. */
export interface ParentRun {
  readonly run: string;
  readonly task: string;
  /** Names of the workflows from the outermost one down. */
  readonly chain: readonly string[];
  /** The tasks that lead to it, outermost first; the last is `task`. */
  readonly callers: readonly string[];
  /** Task executions of the whole tree. */
  readonly tree: TaskRuns;
  readonly masker: Masker;
  /** Null: nobody listens. */
  readonly listeners: EventListeners | null;
  /** Null: the run is not recorded. */
  readonly recording: RunRecording | null;
}

/** Task executions that were started, and how many may be. */
export interface TaskRuns {
  taskRuns: number;
  readonly limit: number;
}
