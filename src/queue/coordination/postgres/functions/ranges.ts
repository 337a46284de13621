/** Functions about ranges. `p_call` is the id of the call, the same when it comes again. */
export const RANGES = `
-- Notes a range where all of it is free; whether it was.
CREATE FUNCTION heddle.coordination_note(t heddle.coordination_tasks, p_first bigint, p_size bigint, p_status int)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE last bigint;
BEGIN
  SELECT range.first + range.size INTO last FROM heddle.coordination_ranges AS range
    WHERE range.task = t.key AND range.first < p_first + p_size ORDER BY range.first DESC LIMIT 1;
  IF last > p_first OR p_first + p_size > t.total THEN RETURN false; END IF;
  INSERT INTO heddle.coordination_ranges (task, first, size, status) VALUES (t.key, p_first, p_size, p_status);
  RETURN true;
END $$;

-- Iterations of the next range. Aims at range_ms; the last ranges get smaller, so that all workers end together, down to a
-- twentieth of that, below which a range costs more than it is good for.
CREATE FUNCTION heddle.coordination_size(t heddle.coordination_tasks) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE aim float8;
BEGIN
  IF t.measured = 0 THEN RETURN least(t.first_count, t.max_count); END IF;
  aim := coalesce(t.range_ms * t.measured / nullif(t.took_ms, 0), 'Infinity');
  RETURN greatest(1, floor(least(aim, greatest(t.unclaimed / (2.0 * t.max_open), aim / 20), t.max_count) + 0.001));
END $$;

-- Claims as many ranges as the window takes.
CREATE FUNCTION heddle.coordination_claim(t heddle.coordination_tasks, p_call text)
RETURNS heddle.coordination_tasks LANGUAGE plpgsql AS $$
DECLARE
  known record;
  count bigint;
BEGIN
  WHILE t.total IS NOT NULL AND NOT t.is_stopped AND t.unclaimed > 0 AND t.open_count < t.max_open LOOP
    SELECT range.first, range.size INTO known FROM heddle.coordination_ranges AS range
      WHERE range.task = t.key AND range.first >= t.next_from ORDER BY range.first LIMIT 1;
    IF known.first = t.next_from THEN
      t.next_from := known.first + known.size;
      CONTINUE;
    END IF;
    count := least(heddle.coordination_size(t), coalesce(known.first, t.total) - t.next_from);
    INSERT INTO heddle.coordination_ranges (task, first, size, status, claimed_by)
      VALUES (t.key, t.next_from, count, 0, p_call);
    t.next_from := t.next_from + count;
    t.unclaimed := t.unclaimed - count;
    t.open_count := t.open_count + 1;
  END LOOP;
  RETURN t;
END $$;

-- What a call claimed and nobody has finished since: pairs of first and size.
CREATE FUNCTION heddle.coordination_claimed(p_task bigint, p_call text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_array(range.first, range.size) ORDER BY range.first), '[]')
  FROM heddle.coordination_ranges AS range WHERE range.task = p_task AND range.status = 0 AND range.claimed_by = p_call
$$;

CREATE FUNCTION heddle.coordination_open(p_run text, p_execution bigint, p_generation bigint, p_call text, p_terms jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  t heddle.coordination_tasks;
  pair jsonb;
BEGIN
  INSERT INTO heddle.coordination_tasks (run, execution, generation, opened_by, max_open, total, concurrency, spacing_ms,
      tolerated, range_ms, first_count, max_count, unclaimed)
    SELECT p_run, p_execution, p_generation, p_call, terms."window", terms.total, terms.concurrency, terms."spacingMs",
      terms.tolerated, terms."rangeMs", terms."firstCount", terms."maxCount", coalesce(terms.total, 0)
    FROM jsonb_to_record(p_terms) AS terms("window" bigint, total bigint, concurrency bigint, "spacingMs" float8,
      tolerated float8, "rangeMs" float8, "firstCount" bigint, "maxCount" bigint)
    ON CONFLICT (run, execution, generation) DO NOTHING RETURNING * INTO t;
  IF t.key IS NULL THEN
    t := heddle.coordination_lock(p_run, p_execution, p_generation);
    RETURN jsonb_build_object('isNew', t.opened_by IS NOT DISTINCT FROM p_call,
      'claimed', heddle.coordination_claimed(t.key, p_call));
  END IF;
  FOR pair IN SELECT value FROM jsonb_array_elements(p_terms -> 'done') LOOP
    CONTINUE WHEN NOT heddle.coordination_note(t, (pair -> 0)::bigint, (pair -> 1)::bigint, 1);
    t.ended := t.ended + (pair -> 1)::bigint;
    t.unclaimed := t.unclaimed - (pair -> 1)::bigint;
  END LOOP;
  FOR pair IN SELECT value FROM jsonb_array_elements(p_terms -> 'claimed') LOOP
    CONTINUE WHEN NOT heddle.coordination_note(t, (pair -> 0)::bigint, (pair -> 1)::bigint, 0);
    t.open_count := t.open_count + 1;
    t.unclaimed := t.unclaimed - (pair -> 1)::bigint;
  END LOOP;
  t := heddle.coordination_claim(t, p_call);
  PERFORM heddle.coordination_save(t);
  RETURN jsonb_build_object('isNew', true, 'claimed', heddle.coordination_claimed(t.key, p_call));
END $$;

CREATE FUNCTION heddle.coordination_add(p_run text, p_execution bigint, p_generation bigint, p_ranges jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  t heddle.coordination_tasks := heddle.coordination_lock(p_run, p_execution, p_generation);
  pair jsonb;
BEGIN
  IF t.key IS NULL OR t.total IS NOT NULL THEN RETURN; END IF;
  FOR pair IN SELECT value FROM jsonb_array_elements(p_ranges) LOOP
    IF heddle.coordination_note(t, (pair -> 0)::bigint, (pair -> 1)::bigint, 0) THEN
      t.open_count := t.open_count + 1;
    END IF;
  END LOOP;
  PERFORM heddle.coordination_save(t);
END $$;

CREATE FUNCTION heddle.coordination_end(p_run text, p_execution bigint, p_generation bigint, p_total bigint)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE t heddle.coordination_tasks := heddle.coordination_lock(p_run, p_execution, p_generation);
BEGIN
  IF t.key IS NULL THEN RETURN heddle.coordination_unknown(); END IF;
  IF t.total IS NULL THEN
    t.total := p_total;
    t.unclaimed := 0;
    PERFORM heddle.coordination_save(t);
  END IF;
  RETURN heddle.coordination_standing(t);
END $$;

CREATE FUNCTION heddle.coordination_finish(p_run text, p_execution bigint, p_generation bigint, p_call text,
  p_first bigint, p_size bigint, p_ended bigint, p_work_ms float8, p_took_ms float8, p_failed bigint)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE t heddle.coordination_tasks := heddle.coordination_lock(p_run, p_execution, p_generation);
BEGIN
  IF t.key IS NULL THEN RETURN heddle.coordination_unknown(); END IF;
  UPDATE heddle.coordination_ranges AS range SET status = 1, claimed_by = NULL
    WHERE range.task = t.key AND range.first = p_first AND range.size = p_size AND range.status = 0;
  IF FOUND THEN
    t.open_count := t.open_count - 1;
  ELSIF heddle.coordination_note(t, p_first, p_size, 1) THEN
    IF t.total IS NOT NULL THEN t.unclaimed := t.unclaimed - p_size; END IF;
  ELSE
    RETURN heddle.coordination_standing(t)
      || jsonb_build_object('claimed', heddle.coordination_claimed(t.key, p_call));
  END IF;
  t.ended := t.ended + p_ended;
  IF p_ended > 0 THEN
    t.took_ms := t.took_ms * 0.9 + p_took_ms;
    t.work_ms := t.work_ms * 0.9 + p_work_ms;
    t.measured := t.measured * 0.9 + p_ended;
  END IF;
  t := heddle.coordination_claim(heddle.coordination_failures(t, p_failed), p_call);
  PERFORM heddle.coordination_save(t);
  RETURN heddle.coordination_standing(t)
    || jsonb_build_object('claimed', heddle.coordination_claimed(t.key, p_call));
END $$;

CREATE FUNCTION heddle.coordination_abandon(p_run text, p_execution bigint, p_generation bigint, p_first bigint, p_size bigint)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE t heddle.coordination_tasks := heddle.coordination_lock(p_run, p_execution, p_generation);
BEGIN
  IF t.key IS NULL THEN RETURN heddle.coordination_unknown(); END IF;
  UPDATE heddle.coordination_ranges AS range SET status = 2, claimed_by = NULL
    WHERE range.task = t.key AND range.first = p_first AND range.size = p_size AND range.status = 0;
  IF FOUND THEN
    t.open_count := t.open_count - 1;
    PERFORM heddle.coordination_save(t);
  END IF;
  RETURN heddle.coordination_standing(t);
END $$;
`;
