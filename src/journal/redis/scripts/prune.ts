import { script } from '../script.ts';
import { ARGUMENTS, CALL, CLOCK, LETTING_GO, REMOVAL } from './fragments.ts';

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
 * held, and their pieces, are left to `sweep` and `sweep-runs`, which take them some at a time.
 */
export const REMOVE = script(
  'remove',
  [ARGUMENTS, CALL, CLOCK, REMOVAL],
  `
-- Keys: run:ID and what belongs to it, for the whole family; runs, status:*, ended, removed, removed-runs, removed:*
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
-- Children before their parents, which then have none.
for i = #family, 1, -1 do removeRun(family[i]) end
return done(cjson.encode(family))
`,
);

/** Removes runs that are below removed ones, some at a time. */
export const SWEEP_RUNS = script(
  'sweep-runs',
  [ARGUMENTS, REMOVAL],
  `
-- Keys: removed-runs, removed:*, run:ID and what belongs to it, pieces, piece-status:*, runs, status:*, ended, removed
-- Arguments: how many runs at most
-- Returns: '1' where there is more to do, else '0'
local left = tonumber(take())
while left > 0 do
  local list = redis.call('SRANDMEMBER', key('removed-runs'))
  if not list then return '0' end
  local members = redis.call('ZPOPMIN', list, left)
  for i = 1, #members, 2 do
    local id = string.sub(members[i], 18)
    -- There may be another run of that id by now.
    if redis.call('HGET', key('run', id), 'member') == members[i] then removeRun(id) end
  end
  left = left - math.max(1, #members / 2)
  if redis.call('EXISTS', list) == 0 then redis.call('SREM', key('removed-runs'), list) end
end
return '1'
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
