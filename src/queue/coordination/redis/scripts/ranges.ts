import { ARGUMENTS, CALL, CLOCK } from '../../../../journal/redis/scripts/fragments.ts';
import { script } from '../../../../journal/redis/script.ts';
import { CLAIM, COVERED, TASK } from './fragments.ts';

/** Makes an execution known. */
export const OPEN = script(
  'open',
  [ARGUMENTS, CALL, CLOCK, TASK, COVERED, CLAIM],
  `
-- Keys: task, covered, open and done of TASK, tasks, run:RUN
-- Arguments: TASK; run; the first eight FIELDS; ranges that are done; ranges that are claimed
-- Returns: 'known' | 'new', then from and count of each range that was claimed
local task, run = take(), take()
if redis.call('EXISTS', key('task', task)) == 1 then return 'known' end
local t = { task = task, ended = 0, failed = 0, tookMs = 0, workMs = 0, measured = 0, nextMs = 0, taken = 0 }
for i = 1, 8 do t[FIELDS[i]] = tonumber(take()) end
t.left = t.total or 0
redis.call('SADD', key('tasks'), task)
redis.call('SADD', key('run', run), task)
for _, range in ipairs(takeRanges()) do
  if cover(t, range[1], range[2]) then
    redis.call('HSET', key('done', task), text(range[1]), text(range[2]))
    t.ended = t.ended + range[2]
  end
end
for _, range in ipairs(takeRanges()) do
  if cover(t, range[1], range[2]) then redis.call('HSET', key('open', task), text(range[1]), text(range[2])) end
end
local claimed = claim(t)
save(t, FIELDS)
return done('new' .. claimed)
`,
);

/** Adds claimed ranges. */
export const ADD = script(
  'add',
  [ARGUMENTS, CLOCK, TASK, COVERED],
  `
-- Keys: task, covered and open of TASK
-- Arguments: TASK; ranges
-- Returns: 'OK'
local t = load(take())
if not t or t.total then return 'OK' end
for _, range in ipairs(takeRanges()) do
  if cover(t, range[1], range[2]) then redis.call('HSET', key('open', t.task), text(range[1]), text(range[2])) end
end
return 'OK'
`,
);

/** Says that there are no further ranges. */
export const END = script(
  'end',
  [ARGUMENTS, TASK],
  `
-- Keys: task and open of TASK
-- Arguments: TASK; total
-- Returns: see standing()
local t, total = load(take()), tonumber(take())
if not t then return 'complete 0 0' end
if not t.total then
  t.total = total
  save(t, { 'total' })
end
return standing(t)
`,
);

/** A range is done. */
export const FINISH = script(
  'finish',
  [ARGUMENTS, CALL, CLOCK, TASK, COVERED, CLAIM],
  `
-- Keys: task, covered, open and done of TASK
-- Arguments: TASK; from; count; iterations that ended; work (ms); what it took (ms); failures
-- Returns: see standing(), then from and count of each range that was claimed
local task, from, count = take(), take(), take()
local ended, workMs, tookMs, failed = tonumber(take()), tonumber(take()), tonumber(take()), tonumber(take())
local t = load(task)
if not t then return 'complete 0 0' end
if redis.call('HGET', key('open', task), from) == count then
  redis.call('HDEL', key('open', task), from)
elseif not cover(t, tonumber(from), tonumber(count)) then
  return standing(t)
end
redis.call('HSET', key('done', task), from, count)
t.ended = t.ended + ended
if ended > 0 then
  t.tookMs = t.tookMs * 0.9 + tookMs
  t.workMs = t.workMs * 0.9 + workMs
  t.measured = t.measured * 0.9 + ended
end
addFailures(t, failed)
local claimed = claim(t)
save(t, { 'left', 'ended', 'failed', 'stopped', 'tookMs', 'workMs', 'measured' })
return done(standing(t) .. claimed)
`,
);

/** A claimed range is not to be done any more: what it covers stays covered. */
export const ABANDON = script(
  'abandon',
  [ARGUMENTS, TASK],
  `
-- Keys: task and open of TASK
-- Arguments: TASK; from; count
-- Returns: see standing()
local t, from, count = load(take()), take(), take()
if not t then return 'complete 0 0' end
if redis.call('HGET', key('open', t.task), from) == count then redis.call('HDEL', key('open', t.task), from) end
return standing(t)
`,
);

/** How an execution stands. */
export const STATE = script(
  'state',
  [ARGUMENTS, TASK],
  `
-- Keys: task, open and done of TASK
-- Arguments: TASK
-- Returns: nothing, or: see standing(); total, failed, ended, workMs, measured; from and count of each that is open; of each done
local t = load(take())
if not t then return {} end
return {
  standing(t),
  redis.call('HMGET', key('task', t.task), 'total', 'failed', 'ended', 'workMs', 'measured'),
  redis.call('HGETALL', key('open', t.task)),
  redis.call('HGETALL', key('done', t.task)),
}
`,
);
