import { ARGUMENTS, CALL, CLOCK } from '../../../../journal/redis/scripts/fragments.ts';
import { script } from '../../../../journal/redis/script.ts';
import { TASK } from './fragments.ts';

/** Takes, keeps or gives back permits. */
export const HOLD = script(
  'hold',
  [ARGUMENTS, CALL, CLOCK, TASK],
  `
-- Keys: task and holders of TASK
-- Arguments: TASK; holder; iterations in flight; wanted; failures; ttl (ms); now (ms, '' for the server's clock)
-- Returns: permits, a blank, 1 where the rest is stopped or 0
local task, holder, inFlight, wants = take(), take(), tonumber(take()), tonumber(take())
local failed, ttl, now = tonumber(take()), tonumber(take()), clock(take())
local t = load(task)
if not t then return '0 0' end
if failed > 0 then
  addFailures(t, failed)
  save(t, { 'failed', 'stopped' })
end

local function share()
  local holders = key('holders', task)
  local flat, others, wanted, had, taken = redis.call('HGETALL', holders), {}, { wants }, 0, 0
  for i = 1, #flat, 2 do
    local permits, want, ends = string.match(flat[i + 1], '^(%d+) (%d+) (%d+)$')
    permits, want = tonumber(permits), tonumber(want)
    if flat[i] == holder then
      -- Also when it is over: nobody has noticed, so nobody has got them.
      had = permits
    elseif tonumber(ends) <= now then
      redis.call('HDEL', holders, flat[i])
    else
      others[#others + 1] = { permits, want }
      wanted[#wanted + 1] = want
      taken = taken + permits
    end
  end
  -- Who wants less than an equal share leaves the rest of it to the others; what cannot be divided is for who has it first.
  table.sort(wanted)
  local left, sharers = t.concurrency, #wanted
  for _, want in ipairs(wanted) do
    if want * sharers > left then break end
    left, sharers = left - want, sharers - 1
  end
  local target = wants
  if sharers > 0 then
    local equal = math.floor(left / sharers)
    local extra = left - equal * sharers
    for _, other in ipairs(others) do
      if other[1] > equal and other[2] > equal then extra = extra - 1 end
    end
    target = math.min(wants, equal + (extra > 0 and 1 or 0))
  end
  local permits = math.max(math.min(inFlight, had), math.min(target, t.concurrency - taken))
  redis.call('HSET', holders, holder, text(permits) .. ' ' .. text(wants) .. ' ' .. text(now + ttl))
  return permits
end

local permits = t.concurrency and share() or wants
return done(text(permits) .. (t.stopped and ' 1' or ' 0'))
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
