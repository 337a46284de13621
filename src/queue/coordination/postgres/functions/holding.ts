/** Functions about permits and starts. */
export const HOLDING = `
-- The permits that are fair for one who wants so many, where others want theirs: who wants less than an equal share leaves
-- the rest of it to the others; what cannot be divided is for who has it first.
CREATE FUNCTION heddle.coordination_share(p_task bigint, p_holder text, p_wants bigint, p_concurrency bigint, p_now float8)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  remaining bigint := p_concurrency;
  sharers bigint;
  want bigint;
  equal bigint;
  with_more bigint;
BEGIN
  SELECT count(*) + 1 INTO sharers FROM heddle.coordination_holders AS other
    WHERE other.task = p_task AND other.holder <> p_holder AND other.expires_at_ms > p_now;
  FOR want IN
    SELECT other.wants FROM heddle.coordination_holders AS other
      WHERE other.task = p_task AND other.holder <> p_holder AND other.expires_at_ms > p_now
    UNION ALL SELECT p_wants ORDER BY 1
  LOOP
    EXIT WHEN want * sharers > remaining;
    remaining := remaining - want;
    sharers := sharers - 1;
  END LOOP;
  IF sharers = 0 THEN RETURN p_wants; END IF;
  equal := remaining / sharers;
  SELECT count(*) INTO with_more FROM heddle.coordination_holders AS other
    WHERE other.task = p_task AND other.holder <> p_holder AND other.expires_at_ms > p_now
      AND other.permits > equal AND other.wants > equal;
  RETURN least(p_wants, equal + CASE WHEN with_more < remaining % sharers THEN 1 ELSE 0 END);
END $$;

CREATE FUNCTION heddle.coordination_hold(p_run text, p_execution bigint, p_generation bigint, p_holder text,
  p_keeps bigint, p_wants bigint, p_failed bigint, p_ttl_ms float8, p_client text, p_call bigint, p_now float8)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  t heddle.coordination_tasks := heddle.coordination_lock(p_run, p_execution, p_generation);
  mine heddle.coordination_holders;
  now_ms float8 := heddle.coordination_clock(p_now);
  has bigint;
  taken bigint;
  wanted bigint;
  some_are_over boolean;
  granted bigint;
  fair bigint := p_wants;
BEGIN
  IF t.key IS NULL THEN RETURN '{"permits": 0, "isStopped": false, "share": 0}'::jsonb; END IF;
  SELECT * INTO mine FROM heddle.coordination_holders AS held WHERE held.task = t.key AND held.holder = p_holder;
  IF p_failed > 0 AND NOT coalesce(mine.client = p_client AND mine.call >= p_call, false) THEN
    t := heddle.coordination_failures(t, p_failed);
    PERFORM heddle.coordination_save(t);
  END IF;
  IF t.concurrency IS NULL THEN
    granted := p_wants;
  ELSE
    SELECT coalesce(sum(other.permits) FILTER (WHERE other.expires_at_ms > now_ms), 0),
        coalesce(sum(other.wants) FILTER (WHERE other.expires_at_ms > now_ms), 0),
        coalesce(bool_or(other.expires_at_ms <= now_ms), false)
      INTO taken, wanted, some_are_over
      FROM heddle.coordination_holders AS other WHERE other.task = t.key AND other.holder <> p_holder;
    IF some_are_over THEN
      -- Their permits are free. Their rows stay a while: a call of theirs may still come again.
      UPDATE heddle.coordination_holders AS other SET permits = 0
        WHERE other.task = t.key AND other.holder <> p_holder AND other.expires_at_ms <= now_ms AND other.permits > 0;
      DELETE FROM heddle.coordination_holders AS other
        WHERE other.task = t.key AND other.holder <> p_holder AND other.expires_at_ms <= now_ms - 600000;
    END IF;
    -- Also when it is over: nobody has noticed, so nobody has got them.
    has := coalesce(mine.permits, 0);
    fair := CASE WHEN wanted + p_wants <= t.concurrency THEN p_wants
      ELSE heddle.coordination_share(t.key, p_holder, p_wants, t.concurrency, now_ms) END;
    granted := greatest(least(p_keeps, has), least(t.concurrency - taken, fair));
  END IF;
  IF t.concurrency IS NOT NULL OR p_failed > 0 THEN
    INSERT INTO heddle.coordination_holders AS held (task, holder, permits, wants, expires_at_ms, client, call)
      VALUES (t.key, p_holder, granted, p_wants, now_ms + p_ttl_ms, p_client, p_call)
      ON CONFLICT (task, holder) DO UPDATE SET permits = excluded.permits, wants = excluded.wants,
        expires_at_ms = excluded.expires_at_ms, client = excluded.client, call = greatest(excluded.call,
          CASE WHEN held.client = excluded.client THEN held.call END);
  END IF;
  -- Who gets nothing more need not wait for the disk: after a crash it only asks again.
  IF granted <= has AND p_failed = 0 THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;
  RETURN jsonb_build_object('permits', granted, 'isStopped', t.is_stopped, 'share', fair);
END $$;

CREATE FUNCTION heddle.coordination_let_go(p_run text, p_execution bigint, p_generation bigint, p_holder text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE t heddle.coordination_tasks := heddle.coordination_lock(p_run, p_execution, p_generation);
BEGIN
  DELETE FROM heddle.coordination_holders AS held WHERE held.task = t.key AND held.holder = p_holder;
END $$;

-- NULL where the execution is not known.
CREATE FUNCTION heddle.coordination_reserve(p_run text, p_execution bigint, p_generation bigint, p_count bigint, p_now float8)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  t heddle.coordination_tasks := heddle.coordination_lock(p_run, p_execution, p_generation);
  now_ms float8 := heddle.coordination_clock(p_now);
  start float8 := greatest(now_ms, t.next_start_ms);
BEGIN
  IF t.key IS NULL THEN RETURN NULL; END IF;
  IF t.spacing_ms IS NULL THEN RETURN '{"inMs": 0, "spacingMs": 0}'::jsonb; END IF;
  UPDATE heddle.coordination_tasks SET next_start_ms = start + p_count * t.spacing_ms WHERE key = t.key;
  RETURN jsonb_build_object('inMs', start - now_ms, 'spacingMs', t.spacing_ms);
END $$;
`;
