import { script } from '../script.ts';
import { ARGUMENTS, BATCH, CALL, CLOCK, LEASE, LETTING_GO, VALUES } from './fragments.ts';

/** Writes a batch under a lease. */
export const APPEND = script(
  'append',
  [ARGUMENTS, CALL, CLOCK, VALUES, LEASE, BATCH],
  `
-- Keys: run:ID and what belongs to it, status:*, ended, uses, value:*
-- Arguments: id; epoch; owner; the sequence that the client saw last ('' where it saw none); a batch
-- Returns: 'FENCED' | 'LOST' (the server forgot entries that it had acknowledged) | 'MISSING' (send all bytes again)
--   | the last sequence, a blank, 1 where requests wait or 0
local id, epoch, owner, seen = take(), take(), take(), take()
local run = key('run', id)
if not isHeld(run, epoch, owner) then return 'FENCED' end
if seen ~= '' and tonumber(redis.call('HGET', run, 'seq')) < tonumber(seen) then return 'LOST' end
local batch = takeBatch()
if missing(batch.values) then return 'MISSING' end
local seq = writeBatch(id, batch)
return done(seq .. ' ' .. redis.call('EXISTS', key('run', id, 'requests')))
`,
);

/** Puts a snapshot into the place of the one before; values that only that one held go. */
export const SAVE_SNAPSHOT = script(
  'save-snapshot',
  [ARGUMENTS, CLOCK, VALUES, LEASE, LETTING_GO],
  `
-- Keys: run:ID, run:ID:snapshot, run:ID:snapshot-uses, uses, value:*
-- Arguments: id; epoch; owner; seq; data (packed); values
-- Returns: 'OK' | 'FENCED' | 'MISSING' (send all bytes again)
local id, epoch, owner, seq, data, values = take(), take(), take(), take(), take(), takeValues()
if not isHeld(key('run', id), epoch, owner) then return 'FENCED' end
if missing(values) then return 'MISSING' end
local holder = key('run', id, 'snapshot-uses')
redis.call('HSET', key('run', id, 'snapshot'), 'seq', seq, 'data', data)
hold(holder, values)
local held = {}
for _, value in ipairs(values) do held[value.name] = true end
for _, name in ipairs(redis.call('SMEMBERS', holder)) do
  if not held[name] then
    redis.call('SREM', holder, name)
    letGo(name)
  end
end
return 'OK'
`,
);
