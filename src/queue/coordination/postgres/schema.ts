import { HOLDING } from './functions/holding.ts';
import { RANGES } from './functions/ranges.ts';
import { TASKS } from './functions/tasks.ts';

/**
 * Each brings the tables of the coordination from the version before to the next. What was released stays as it is: a
 * function that is to do something else gets another name, since workers of the version before call it meanwhile.
 * `heddle.` stands for the schema that was named.
 *
 * Each method is one function of the server, so that it is one way there and back, and a row is locked only as long as the
 * function takes. A function locks the row of its execution before anything else of it.
 *
 * - `coordination_tasks`: executions. `unclaimed`: iterations that nobody claimed; none of them lies before `next_from`.
 *   `took_ms`, `work_ms`, `measured`: time and iterations of finished ranges, older ones counting less. `next_start_ms`: the
 *   start that is free. `opened_by`, and `claimed_by` of ranges: the call that did it, which may come again.
 * - `coordination_ranges`: ranges that are claimed (`status` 0), done (1) or abandoned (2)
 * - `coordination_holders`: permits. `client`, `call`: the last that was heard of, so that failures count once
 * - `coordination_workers`: what workers say of themselves
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE heddle.coordination_tasks (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL,
    execution bigint NOT NULL,
    generation bigint NOT NULL,
    opened_by text NOT NULL,
    max_open bigint NOT NULL,
    total bigint,
    concurrency bigint,
    spacing_ms float8,
    tolerated float8,
    range_ms float8 NOT NULL,
    first_count bigint NOT NULL,
    max_count bigint NOT NULL,
    unclaimed bigint NOT NULL,
    next_from bigint NOT NULL DEFAULT 0,
    open_count bigint NOT NULL DEFAULT 0,
    ended bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    is_stopped boolean NOT NULL DEFAULT false,
    took_ms float8 NOT NULL DEFAULT 0,
    work_ms float8 NOT NULL DEFAULT 0,
    measured float8 NOT NULL DEFAULT 0,
    next_start_ms float8 NOT NULL DEFAULT 0,
    UNIQUE (run, execution, generation)
  ) WITH (fillfactor = 50);
  CREATE TABLE heddle.coordination_ranges (
    task bigint NOT NULL,
    first bigint NOT NULL,
    size bigint NOT NULL,
    status smallint NOT NULL,
    claimed_by text,
    PRIMARY KEY (task, first)
  );
  CREATE INDEX coordination_ranges_open ON heddle.coordination_ranges (task, first) WHERE status = 0;
  CREATE TABLE heddle.coordination_holders (
    task bigint NOT NULL,
    holder text NOT NULL,
    permits bigint NOT NULL,
    wants bigint NOT NULL,
    expires_at_ms float8 NOT NULL,
    client text NOT NULL,
    call bigint NOT NULL,
    PRIMARY KEY (task, holder)
  ) WITH (fillfactor = 50);
  CREATE TABLE heddle.coordination_workers (
    id text PRIMARY KEY,
    info json NOT NULL,
    expires_at_ms float8 NOT NULL
  );
  ${TASKS}
  ${RANGES}
  ${HOLDING}
  `,
];
