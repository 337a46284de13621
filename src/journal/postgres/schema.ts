/**
 * Each brings a schema from the version before to the next. What was released stays as it is. `heddle.` stands for the
 * schema that was named.
 *
 * - `data` is what `pack` writes.
 * - `leases` is apart from `runs` so that the row that every batch changes is small, and has room beside it for the next
 *   version (`fillfactor`). It has the last sequence of the run, and when that was written.
 * - `entries` are in partitions by month, which go as a whole when no run in them is left. `runs.first_at` and
 *   `leases.last_at` say in which months those of a run are.
 * - Pieces of runs (`is_piece`) stand in indexes of their own, since there may be thousands of one run, and lists skip them.
 * - `runs.labels` are pairs as JSON texts, which hold any character.
 * - Large values are compressed where that pays, so the server does not try it again (`EXTERNAL`). Of one that is larger than
 *   1 MiB `large_values` says only how many parts it has, which are in `value_parts`, from 1.
 * - `uses` says who holds which large value; `kind` is a UseKind. Who holds a value is also listed for all that is inside
 *   that value, so that what nobody uses can go by itself.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE heddle.definitions (hash text PRIMARY KEY, data bytea NOT NULL);
  CREATE TABLE heddle.runs (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    workflow text NOT NULL,
    definition text NOT NULL,
    parameters bytea NOT NULL,
    status text NOT NULL,
    created_at_ms double precision NOT NULL,
    started_at_ms double precision,
    ended_at_ms double precision,
    parent_run text,
    parent_task text,
    fork bytea,
    labels text[] NOT NULL DEFAULT '{}',
    summary bytea,
    first_at timestamptz NOT NULL DEFAULT now(),
    is_removed boolean NOT NULL DEFAULT false
  );
  CREATE INDEX runs_by_creation ON heddle.runs (created_at_ms DESC, key DESC);
  CREATE INDEX runs_by_status ON heddle.runs (status, created_at_ms DESC, key DESC);
  CREATE INDEX runs_by_workflow ON heddle.runs (workflow, created_at_ms DESC, key DESC);
  CREATE INDEX runs_by_end ON heddle.runs (ended_at_ms DESC, key DESC) WHERE ended_at_ms IS NOT NULL;
  CREATE INDEX runs_by_parent ON heddle.runs (parent_run) WHERE parent_run IS NOT NULL;
  CREATE INDEX runs_by_definition ON heddle.runs (definition);
  CREATE INDEX runs_by_label ON heddle.runs USING gin (labels);
  CREATE INDEX runs_removed ON heddle.runs (key) WHERE is_removed;
  CREATE TABLE heddle.leases (
    run bigint PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 0,
    owner text,
    expires_at_ms double precision NOT NULL DEFAULT 0,
    seq bigint NOT NULL DEFAULT 0,
    last_at timestamptz NOT NULL DEFAULT now()
  ) WITH (fillfactor = 50);
  CREATE TABLE heddle.entries (
    run bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    data bytea NOT NULL
  ) PARTITION BY RANGE (at);
  CREATE INDEX entries_by_run ON heddle.entries (run, seq);
  CREATE INDEX entries_by_time ON heddle.entries USING brin (at);
  CREATE TABLE heddle.snapshots (run bigint PRIMARY KEY, seq bigint NOT NULL, data bytea NOT NULL);
  CREATE TABLE heddle.requests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint NOT NULL,
    data bytea NOT NULL
  );
  CREATE INDEX requests_by_run ON heddle.requests (run, id);
  CREATE TABLE heddle.results (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash text NOT NULL UNIQUE,
    data bytea NOT NULL,
    expires_at_ms double precision NOT NULL
  );
  CREATE INDEX results_by_expiry ON heddle.results (expires_at_ms);
  CREATE TABLE heddle.large_values (hash text PRIMARY KEY, data bytea NOT NULL);
  CREATE TABLE heddle.uses (
    kind smallint NOT NULL,
    holder bigint NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (kind, holder, hash)
  );
  CREATE INDEX uses_by_hash ON heddle.uses (hash);
  `,
  `
  ALTER TABLE heddle.runs ADD COLUMN is_piece boolean NOT NULL DEFAULT false;
  DROP INDEX heddle.runs_by_creation;
  DROP INDEX heddle.runs_by_status;
  DROP INDEX heddle.runs_by_workflow;
  DROP INDEX heddle.runs_by_end;
  DROP INDEX heddle.runs_by_parent;
  CREATE INDEX runs_by_creation ON heddle.runs (created_at_ms DESC, key DESC) WHERE NOT is_piece;
  CREATE INDEX runs_by_status ON heddle.runs (status, created_at_ms DESC, key DESC) WHERE NOT is_piece;
  CREATE INDEX runs_by_workflow ON heddle.runs (workflow, created_at_ms DESC, key DESC) WHERE NOT is_piece;
  CREATE INDEX runs_by_end ON heddle.runs (ended_at_ms DESC, key DESC) WHERE ended_at_ms IS NOT NULL AND NOT is_piece;
  CREATE INDEX runs_by_parent ON heddle.runs (parent_run, created_at_ms DESC, key DESC) WHERE parent_run IS NOT NULL;
  CREATE INDEX pieces_by_status ON heddle.runs (status, created_at_ms DESC, key DESC) WHERE is_piece;
  `,
  `
  ALTER TABLE heddle.large_values ALTER COLUMN data SET STORAGE EXTERNAL;
  CREATE TABLE heddle.value_parts (
    hash text NOT NULL REFERENCES heddle.large_values (hash) ON DELETE CASCADE,
    part int NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (hash, part)
  );
  ALTER TABLE heddle.value_parts ALTER COLUMN data SET STORAGE EXTERNAL;
  `,
];

/** The version this heddle writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;
