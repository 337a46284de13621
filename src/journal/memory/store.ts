import { copy } from '../copy.ts';
import type { Entry, ForkOrigin, NewRun, ReceivedRequest, RecordedStatus, Snapshot } from '../journal.ts';

/** All that is known of one run. */
export class StoredRun {
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
  startedAtMs: number | null = null;
  endedAtMs: number | null = null;
  summary: unknown = null;
  epoch = 0;
  /** Null: nobody has the lease. */
  owner: string | null = null;
  expiresAtMs = 0;
  readonly entries: Entry[];
  snapshot: Snapshot | null = null;
  requests: readonly ReceivedRequest[] = NO_REQUESTS;

  /** `entries`: nobody else has them. @throws HEDDLE_NOT_SERIALISABLE */
  constructor(run: NewRun, order: number, entries: Entry[]) {
    const { parent, fork, labels } = run;
    this.order = order;
    this.id = run.id;
    this.workflow = run.workflow;
    this.definitionHash = run.definition.hash;
    this.parameters = copy(run.parameters);
    this.createdAtMs = run.createdAtMs;
    this.parent = parent === undefined ? null : { ...parent };
    this.piece = run.piece === true;
    this.fork = fork === undefined ? null : (copy(fork) as ForkOrigin);
    this.labels = labels === undefined ? NO_LABELS : { ...labels };
    this.status = run.status;
    this.entries = entries;
  }
}

const NO_REQUESTS: readonly ReceivedRequest[] = [];
const NO_LABELS: Readonly<Record<string, string>> = {};

/** What memory journals hold; several journals on one store are several processes on one file. */
export class MemoryStore {
  readonly runs = new Map<string, StoredRun>();
  readonly definitions = new Map<string, unknown>();
  readonly cache = new Map<string, { readonly result: unknown; readonly expiresAtMs: number }>();
  runCount = 0;
  requestCount = 0;
}
