import { script } from '../script.ts';
import { ARGUMENTS } from './fragments.ts';

/** Looks whether what belongs to a run is there. */
export const CHECK_RUN = script(
  'check-run',
  [ARGUMENTS],
  `
-- Keys: run:ID and what belongs to it, uses, value:*, definition:*
-- Arguments: id
-- Returns: what is wrong, one sentence each
local id = take()
local run, found = key('run', id), {}
local row = redis.call('HMGET', run, 'seq', 'definition', 'piece', 'parentRun')
if not row[1] then return { 'its row is missing' } end
local count = redis.call('LLEN', key('run', id, 'entries'))
if count ~= tonumber(row[1]) then found[1] = 'its entries have a gap: ' .. count .. ' of ' .. row[1] end
if not row[2] or redis.call('EXISTS', key('definition', row[2])) == 0 then found[#found + 1] = 'its definition is missing' end
if row[3] and redis.call('EXISTS', key('run', row[4] or '')) == 0 then found[#found + 1] = 'it is a piece of no run' end
for _, kind in ipairs({ 'uses', 'snapshot-uses' }) do
  for _, name in ipairs(redis.call('SMEMBERS', key('run', id, kind))) do
    if string.sub(name, 1, 6) == 'value:' and redis.call('EXISTS', tag .. name) == 0 then
      found[#found + 1] = 'a large value is missing: ' .. string.sub(name, 7)
    elseif redis.call('HEXISTS', key('uses'), name) == 0 then
      found[#found + 1] = 'a large value is not counted: ' .. name
    end
  end
end
return found
`,
);
