/** Functions about executions as a whole. Times are milliseconds since the epoch; `p_now` NULL stands for the server's clock. */
export const TASKS = `
CREATE FUNCTION heddle.coordination_clock(p_now float8) RETURNS float8 LANGUAGE sql AS $$
  SELECT coalesce(p_now, floor(extract(epoch FROM clock_timestamp())::float8 * 1000))
$$;

-- How an execution stands.
CREATE FUNCTION heddle.coordination_standing(t heddle.coordination_tasks) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object(
    'state', CASE WHEN t.open_count = 0 AND (t.is_stopped OR (t.total IS NOT NULL AND t.unclaimed <= 0))
      THEN 'complete' ELSE 'open' END,
    'isStopped', t.is_stopped,
    'isHungry', t.total IS NULL AND NOT t.is_stopped AND t.open_count < t.max_open / 2.0)
$$;

-- How one stands that is not known.
CREATE FUNCTION heddle.coordination_unknown() RETURNS jsonb LANGUAGE sql AS $$
  SELECT '{"state": "complete", "isStopped": false, "isHungry": false, "claimed": []}'::jsonb
$$;

-- The execution, locked until the transaction ends; NULL where it is not known.
CREATE FUNCTION heddle.coordination_lock(p_run text, p_execution bigint, p_generation bigint)
RETURNS heddle.coordination_tasks LANGUAGE plpgsql AS $$
DECLARE t heddle.coordination_tasks;
BEGIN
  SELECT * INTO t FROM heddle.coordination_tasks AS task
    WHERE task.run = p_run AND task.execution = p_execution AND task.generation = p_generation FOR UPDATE;
  RETURN t;
END $$;

CREATE FUNCTION heddle.coordination_save(t heddle.coordination_tasks) RETURNS void LANGUAGE sql AS $$
  UPDATE heddle.coordination_tasks SET total = t.total, unclaimed = t.unclaimed, next_from = t.next_from,
    open_count = t.open_count, ended = t.ended, failed = t.failed, is_stopped = t.is_stopped,
    took_ms = t.took_ms, work_ms = t.work_ms, measured = t.measured, next_start_ms = t.next_start_ms
  WHERE key = t.key
$$;

-- Counts failures, which may stop the rest.
CREATE FUNCTION heddle.coordination_failures(t heddle.coordination_tasks, p_failed bigint)
RETURNS heddle.coordination_tasks LANGUAGE plpgsql AS $$
BEGIN
  t.failed := t.failed + p_failed;
  IF t.failed > t.tolerated THEN t.is_stopped := true; END IF;
  RETURN t;
END $$;

CREATE FUNCTION heddle.coordination_stop(p_run text, p_execution bigint, p_generation bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE t heddle.coordination_tasks := heddle.coordination_lock(p_run, p_execution, p_generation);
BEGIN
  UPDATE heddle.coordination_tasks SET is_stopped = true WHERE key = t.key;
END $$;

-- Forgets an execution, or all of a run where none is named.
CREATE FUNCTION heddle.coordination_close(p_run text, p_execution bigint, p_generation bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE keys bigint[];
BEGIN
  -- In the order of their keys, so that two who close do not wait for each other.
  SELECT array_agg(locked.key) INTO keys FROM (
    SELECT task.key FROM heddle.coordination_tasks AS task WHERE task.run = p_run AND (p_execution IS NULL
      OR (task.execution = p_execution AND task.generation = p_generation)) ORDER BY task.key FOR UPDATE) AS locked;
  DELETE FROM heddle.coordination_tasks AS task WHERE task.key = ANY(keys);
  DELETE FROM heddle.coordination_ranges AS range WHERE range.task = ANY(keys);
  DELETE FROM heddle.coordination_holders AS held WHERE held.task = ANY(keys);
END $$;
`;
