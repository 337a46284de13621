import type { Entry, ForkOrigin, ReceivedRequest, RecordedStatus, Snapshot } from '../journal.ts';

/** All that is known of one run. */
export interface StoredRun {
  /** Orders runs that were created in the same millisecond. */
  readonly order: number;
  readonly id: string;
  readonly workflow: string;
  readonly definitionHash: string;
  readonly parameters: unknown;
  readonly createdAtMs: number;
  readonly parent: { readonly run: string; readonly task: string } | null;
  readonly piece: boolean;
  readonly fork: ForkOrigin | null;
  readonly labels: Readonly<Record<string, string>>;
  status: RecordedStatus;
  startedAtMs: number | null;
  endedAtMs: number | null;
  summary: unknown;
  epoch: number;
  /** Null: nobody has the lease. */
  owner: string | null;
  expiresAtMs: number;
  readonly entries: Entry[];
  snapshot: Snapshot | null;
  requests: readonly ReceivedRequest[];
}

/** What memory journals hold; several journals on one store are several processes on one file. */
export class MemoryStore {
  readonly runs = new Map<string, StoredRun>();
  readonly definitions = new Map<string, unknown>();
  readonly cache = new Map<string, { readonly result: unknown; readonly expiresAtMs: number }>();
  runCount = 0;
  requestCount = 0;
}
