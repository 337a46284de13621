import type { RunStatus } from './events.ts';

/**
 * What the executor needs of a journal (`src/journal/journal.ts` is the whole of it): where a run is recorded, who may
 * write to it, and what others ask of it.
 */
export interface RunJournal {
  start(run: RecordedRun, lease: LeaseTerms, batch?: RecordBatch): Promise<RunLease | null>;
  acquire(run: string, lease: LeaseTerms, takeFrom?: string): Promise<RunLease | null>;
  renew(lease: RunLease, ttlMs: number): Promise<void>;
  release(lease: RunLease): Promise<void>;
  append(lease: RunLease, batch: RecordBatch): Promise<{ readonly seq: number; readonly hasRequests: boolean }>;
  saveSnapshot(lease: RunLease, snapshot: { readonly seq: number; readonly data: unknown }): Promise<void>;
  run(id: string): Promise<KnownRun | null>;
  definition(hash: string): Promise<unknown>;
  snapshot(run: string): Promise<{ readonly seq: number; readonly data: unknown } | null>;
  entries(
    run: string,
    query?: { readonly after?: number },
  ): AsyncIterable<readonly { readonly seq: number; readonly entry: { readonly type: string } }[]>;
  request(run: string, request: { readonly type: string }): Promise<number | null>;
  requests(
    run: string,
    afterId?: number,
  ): Promise<readonly { readonly id: number; readonly request: { readonly type: string } }[]>;
  cached(key: string, nowMs: number): Promise<{ readonly result: unknown } | null>;
  cache(key: string, result: unknown, expiresAtMs: number): Promise<void>;
}

/** Status of a recorded run; `blocked`: it waits for a secret that whoever resumed it did not give. */
export type RecordedStatus = RunStatus | 'blocked';

/** A run that is about to be recorded. */
export interface RecordedRun {
  readonly id: string;
  readonly workflow: string;
  readonly definition: { readonly hash: string; readonly data: unknown };
  readonly parameters: unknown;
  readonly status: RecordedStatus;
  readonly createdAtMs: number;
  readonly parent?: { readonly run: string; readonly task: string };
  /** A part of its parent's work: lists leave it out, and it goes when its parent does. Default false. */
  readonly piece?: boolean;
  readonly fork?: { readonly run: string; readonly task: string; readonly item?: unknown };
  readonly labels?: Readonly<Record<string, string>>;
}

/** A run that is in the journal. */
export interface KnownRun {
  readonly id: string;
  readonly workflow: string;
  readonly definitionHash: string;
  readonly status: RecordedStatus;
  readonly createdAtMs: number;
  readonly parent: { readonly run: string; readonly task: string } | null;
  readonly piece: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly parameters: unknown;
  readonly summary: unknown;
  readonly lastSeq: number;
  readonly lease: { readonly owner: string; readonly epoch: number; readonly expiresAtMs: number } | null;
}

export interface LeaseTerms {
  readonly owner: string;
  readonly ttlMs: number;
}

export interface RunLease {
  readonly run: string;
  readonly owner: string;
  readonly epoch: number;
}

export interface RecordBatch {
  readonly entries?: readonly { readonly type: string }[];
  readonly patch?: {
    readonly status?: RecordedStatus;
    readonly startedAtMs?: number;
    readonly endedAtMs?: number | null;
    readonly summary?: unknown;
  };
  readonly answered?: readonly number[];
  readonly release?: boolean;
  readonly durable?: boolean;
}

/** What another process asks of a run. */
export type RunRequest =
  | { readonly type: 'cancel'; readonly reason: string }
  | { readonly type: 'approve'; readonly task: string; readonly item?: unknown; readonly data: unknown }
  | { readonly type: 'signal'; readonly name: string; readonly data: unknown }
  /** Work of that execution has ended elsewhere. */
  | { readonly type: 'chunks'; readonly execution: number };
