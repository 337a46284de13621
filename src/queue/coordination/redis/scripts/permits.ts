import { ARGUMENTS, CALL, CLOCK } from '../../../../journal/redis/scripts/fragments.ts';
import { script } from '../../../../journal/redis/script.ts';
import { TASK } from './fragments.ts';

const HOLDERS = `
local SHARING = { 'taken', 'shared', 'equal', 'extra', 'more' }
local function letGo(t, holder)
  t.taken = t.taken - (tonumber(redis.call('HGET', key('permits', t.task), holder)) or 0)
  t.shared = nil
  redis.call('HDEL', key('permits', t.task), holder)
  redis.call('HDEL', key('wants', t.task), holder)
  redis.call('ZREM', key('ends', t.task), holder)
end
`;

/** Takes, keeps or gives back permits. */
export const HOLD = script(
  'hold',
  [ARGUMENTS, CALL, CLOCK, TASK, HOLDERS],
  `
-- Keys: task, permits, wants and ends of TASK
-- Arguments: TASK; holder; permits that stay its own; wanted; failures; ttl (ms); now (ms, '' for the server's clock)
-- Returns: permits, 1 where the rest is stopped or 0, the fair share of them, with blanks between
local task, holder, keeps, wants = take(), take(), tonumber(take()), tonumber(take())
local failed, ttl, now = tonumber(take()), tonumber(take()), clock(take())
local t = load(task)
if not t then return '0 0 0' end
if failed > 0 then
  addFailures(t, failed)
  save(t, { 'failed', 'stopped' })
end

-- Who wants less than an equal share leaves the rest of it to the others.
local function share()
  local wanted = redis.call('HGETALL', key('wants', task))
  local left, sharers, some = t.concurrency, #wanted / 2, true
  local satisfied = {}
  while some and sharers > 0 do
    local level = left / sharers
    some = false
    for i = 2, #wanted, 2 do
      local want = tonumber(wanted[i])
      if not satisfied[i] and want <= level then
        satisfied[i], some = true, true
        left, sharers = left - want, sharers - 1
      end
    end
  end
  t.equal = sharers == 0 and 9007199254740991 or math.floor(left / sharers)
  t.extra = sharers == 0 and 0 or left - t.equal * sharers
  t.more, t.shared = 0, 1
  for i = 1, #wanted, 2 do
    if tonumber(wanted[i + 1]) > t.equal then
      local permits = tonumber(redis.call('HGET', key('permits', task), wanted[i])) or 0
      if permits > t.equal then t.more = t.more + 1 end
    end
  end
end

local function hold()
  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', key('ends', task), '-inf', now)) do
    -- Its own are still there where nobody has noticed, and so nobody has got them.
    if gone ~= holder then letGo(t, gone) end
  end
  local had = tonumber(redis.call('HGET', key('permits', task), holder)) or 0
  if tonumber(redis.call('HGET', key('wants', task), holder)) ~= wants then
    redis.call('HSET', key('wants', task), holder, wants)
    t.shared = nil
  end
  if not t.shared then share() end
  -- What cannot be divided is for who has it first.
  if had > t.equal and wants > t.equal then t.more = t.more - 1 end
  local target = math.min(wants, t.equal + (t.more < t.extra and 1 or 0))
  local permits = math.max(math.min(keeps, had), math.min(target, t.concurrency - (t.taken - had)))
  if permits > t.equal and wants > t.equal then t.more = t.more + 1 end
  t.taken = t.taken - had + permits
  redis.call('HSET', key('permits', task), holder, permits)
  redis.call('ZADD', key('ends', task), now + ttl, holder)
  save(t, SHARING)
  return permits, target
end

local permits, fair = wants, wants
if t.concurrency then permits, fair = hold() end
return done(text(permits) .. (t.stopped and ' 1 ' or ' 0 ') .. text(fair))
`,
);

/** Gives all permits of a holder back. */
export const LET_GO = script(
  'let-go',
  [ARGUMENTS, TASK, HOLDERS],
  `
-- Keys: task, permits, wants and ends of TASK
-- Arguments: TASK; holder
-- Returns: 'OK'
local t, holder = load(take()), take()
if not t or not t.concurrency then return 'OK' end
letGo(t, holder)
save(t, SHARING)
return 'OK'
`,
);

/** Reserves starts. */
export const RESERVE = script(
  'reserve',
  [ARGUMENTS, CALL, CLOCK, TASK],
  `
-- Keys: task of TASK
-- Arguments: TASK; how many; now (ms, '' for the server's clock)
-- Returns: 'NONE' (not known) | milliseconds to the first, a blank, milliseconds from one to the next
local t, count, now = load(take()), tonumber(take()), clock(take())
if not t then return 'NONE' end
if not t.spacingMs then return '0 0' end
local start = math.max(now, t.nextMs)
t.nextMs = start + count * t.spacingMs
save(t, { 'nextMs' })
return done(number(start - now) .. ' ' .. number(t.spacingMs))
`,
);
