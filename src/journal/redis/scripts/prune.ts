import { script } from '../script.ts';
import { ARGUMENTS, CALL, CLOCK, LETTING_GO } from './fragments.ts';

/** Lists ended runs, the latest first, and says which of them have no parent. */
export const CANDIDATES = script(
  'candidates',
  [ARGUMENTS],
  `
-- Keys: ended, run:*
-- Arguments: rank to begin with, from 0; how many
-- Returns: for each: id, when it ended (ms), '1' where there is no run that it belongs to
local start, count = tonumber(take()), tonumber(take())
local found = {}
local page = redis.call('ZREVRANGE', key('ended'), start, start + count - 1, 'WITHSCORES')
for i = 1, #page, 2 do
  local id = string.sub(page[i], 18)
  local parent = redis.call('HGET', key('run', id), 'parentRun')
  local isRoot = not parent or redis.call('EXISTS', key('run', parent)) == 0
  found[#found + 1] = { id, page[i + 1], isRoot and '1' or '0' }
end
return found
`,
);

/**
 * Removes a run with the runs of its sub-workflows; none of them where it went on or somebody works on one. What they
 * held is left to \`sweep\`, which takes it in pieces.
 */
export const REMOVE = script(
  'remove',
  [ARGUMENTS, CALL, CLOCK],
  `
-- Keys: run:ID and what belongs to it, for the whole family; runs, status:*, ended, removed
-- Arguments: id; removed where it ended before (ms); now (ms, '' for the server's clock)
-- Returns: ids of the removed (JSON), '' for none
local root, endedBeforeMs, now = take(), tonumber(take()), clock(take())
local endedAtMs = redis.call('HGET', key('run', root), 'endedAtMs')
if not endedAtMs or tonumber(endedAtMs) >= endedBeforeMs then return '' end
local family = { root }
local at = 1
while family[at] do
  local row = redis.call('HMGET', key('run', family[at]), 'owner', 'expiresAtMs')
  if row[1] and tonumber(row[2]) > now then return '' end
  for _, child in ipairs(redis.call('ZRANGE', key('run', family[at], 'children'), 0, -1)) do
    family[#family + 1] = string.sub(child, 18)
  end
  at = at + 1
end
for _, id in ipairs(family) do
  local run = key('run', id)
  local row = redis.call('HMGET', run, 'member', 'status', 'parentRun')
  -- Deletions first: a server without memory refuses a script before its first write only.
  redis.call('UNLINK', run, key('run', id, 'entries'), key('run', id, 'snapshot'), key('run', id, 'requests'), key('run', id, 'children'))
  for _, list in ipairs({ 'runs', 'ended', 'status:' .. row[2] }) do redis.call('ZREM', key(list), row[1]) end
  if row[3] then redis.call('ZREM', key('run', row[3], 'children'), row[1]) end
  for _, kind in ipairs({ 'uses', 'snapshot-uses' }) do
    if redis.call('EXISTS', key('run', id, kind)) == 1 then
      local left = key('removed', string.sub(row[1], 1, 16), kind)
      redis.call('RENAME', key('run', id, kind), left)
      redis.call('SADD', key('removed'), left)
    end
  end
end
return done(cjson.encode(family))
`,
);

/** Lets go of what removed runs held, some values at a time. */
export const SWEEP = script(
  'sweep',
  [ARGUMENTS, LETTING_GO],
  `
-- Keys: removed, removed:*, uses, value:*, definition:*
-- Arguments: how many values at most
-- Returns: '1' where there is more to do, else '0'
local left = tonumber(take())
while left > 0 do
  local holder = redis.call('SRANDMEMBER', key('removed'))
  if not holder then return '0' end
  local names = redis.call('SPOP', holder, left)
  for _, name in ipairs(names) do letGo(name) end
  left = left - math.max(1, #names)
  if redis.call('EXISTS', holder) == 0 then redis.call('SREM', key('removed'), holder) end
end
return '1'
`,
);
