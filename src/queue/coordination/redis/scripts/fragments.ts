/**
 * What the scripts of the coordination share, beside the fragments of the journal's.
 *
 * KEYS[1] is the tag, `{prefix}:coordination:`, which begins all keys. TASK is the name of an execution:
 * `GENERATION:EXECUTION:RUN`.
 *
 * - `meta`: hash of `version`
 * - `tasks`: set of TASK; `run:RUN`: set of those of a run
 * - `task:TASK`: hash of FIELDS below; '' stands for what is not given
 * - `covered:TASK`: sorted set of what is claimed or done, adjacent ranges joined: `FROM:TO` by from
 * - `open:TASK`, `done:TASK`: hashes of from to count, of ranges that are claimed and not finished, and of finished ones
 * - `permits:TASK`, `wants:TASK`: hashes by holder; `ends:TASK`: sorted set of holders by when their permits are free
 * - `workers`: hash of worker to what it says of itself, as JSON; `worker-ends`: sorted set of workers by when that expires
 * - `calls:CLIENT`: see the fragment CALL
 */
export const TASK = `
-- The first eight are given by who opens an execution. left: iterations that nobody claimed; stopped: 1 or '';
-- tookMs, workMs, measured: time and iterations of finished ranges, older ones counting less; nextMs: start that is free;
-- taken: permits that holders have. shared: 1 where equal, extra and more are as the wants of the holders are: equal is for
-- each of them, extra of them may have one more, and more of them have more.
local FIELDS = { 'window', 'total', 'concurrency', 'spacingMs', 'tolerated', 'rangeMs', 'firstCount', 'maxCount',
  'left', 'ended', 'failed', 'stopped', 'tookMs', 'workMs', 'measured', 'nextMs',
  'taken', 'shared', 'equal', 'extra', 'more' }
local function number(value) return string.format('%.17g', value) end
local function load(task)
  local values = redis.call('HMGET', key('task', task), unpack(FIELDS))
  if not values[1] then return nil end
  local t = { task = task }
  for i, name in ipairs(FIELDS) do t[name] = tonumber(values[i]) end
  return t
end
local function save(t, names)
  local values = {}
  for _, name in ipairs(names) do
    values[#values + 1] = name
    values[#values + 1] = t[name] and number(t[name]) or ''
  end
  redis.call('HSET', key('task', t.task), unpack(values))
end
local function standing(t)
  local open = redis.call('HLEN', key('open', t.task))
  local complete = open == 0 and (t.stopped or (t.total and t.left <= 0))
  local hungry = not t.total and not t.stopped and open < t.window / 2
  return (complete and 'complete' or 'open') .. (t.stopped and ' 1' or ' 0') .. (hungry and ' 1' or ' 0')
end
local function addFailures(t, failed)
  t.failed = t.failed + failed
  if t.tolerated and t.failed > t.tolerated then t.stopped = 1 end
end
`;

/** What is claimed or done, and what is not. */
export const COVERED = `
local function takeRanges()
  local ranges = {}
  for i = 1, tonumber(take()) do ranges[i] = { tonumber(take()), tonumber(take()) } end
  return ranges
end
local function spanOf(member)
  local from, to = string.match(member, '^(%d+):(%d+)$')
  return tonumber(from), tonumber(to)
end
-- Covers a range where all of it is free; false where it is not.
local function cover(t, from, count)
  local covered, to = key('covered', t.task), from + count
  if t.total and to > t.total then return false end
  local before = redis.call('ZREVRANGEBYSCORE', covered, '(' .. text(to), '-inf', 'LIMIT', 0, 1)[1]
  if before then
    local first, last = spanOf(before)
    if last > from then return false end
    if last == from then
      redis.call('ZREM', covered, before)
      from = first
    end
  end
  local after = redis.call('ZRANGEBYSCORE', covered, text(to), text(to))[1]
  if after then
    redis.call('ZREM', covered, after)
    local _, last = spanOf(after)
    to = last
  end
  redis.call('ZADD', covered, text(from), text(from) .. ':' .. text(to))
  if t.total then t.left = t.left - count end
  return true
end
`;

/** Claims as many ranges as the window takes; gives them as text, each with a blank before from and before count. */
export const CLAIM = `
-- Aims at rangeMs. The last ranges get smaller, so that all workers end together, down to a twentieth of that, below
-- which a range costs more than it is good for.
local function sizeOf(t)
  if t.measured == 0 then return math.min(t.firstCount, t.maxCount) end
  local aim = t.rangeMs * t.measured / t.tookMs
  local last = math.max(t.left / (2 * t.window), aim / 20)
  return math.max(1, math.floor(math.min(aim, last, t.maxCount) + 0.001))
end
-- The first iterations that nobody claimed: from, to.
local function gapOf(t)
  local spans = redis.call('ZRANGE', key('covered', t.task), 0, 1)
  if not spans[1] then return 0, t.total end
  local first, last = spanOf(spans[1])
  if first > 0 then return 0, first end
  return last, spans[2] and spanOf(spans[2]) or t.total
end
local function claim(t)
  local claimed = ''
  if not t.total or t.stopped then return claimed end
  local open = key('open', t.task)
  for _ = redis.call('HLEN', open) + 1, t.window do
    if t.left <= 0 then break end
    local from, to = gapOf(t)
    local count = math.min(sizeOf(t), to - from)
    cover(t, from, count)
    redis.call('HSET', open, text(from), text(count))
    claimed = claimed .. ' ' .. text(from) .. ' ' .. text(count)
  end
  return claimed
end
`;
