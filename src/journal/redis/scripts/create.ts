import { script } from '../script.ts';
import { ARGUMENTS, BATCH, CALL, CLOCK, LEASE, VALUES } from './fragments.ts';

/** Records a run; with an owner it is leased and gets its first batch. */
export const CREATE = script(
  'create',
  [ARGUMENTS, CALL, CLOCK, VALUES, LEASE, BATCH],
  `
-- Keys: run:ID and what belongs to it, run:PARENT and its children and pieces, meta, runs, status:*, pieces, piece-status:*, ended, uses, value:*, definition:*
-- Arguments: id; values that the row holds, its definition among them; fields (list of names and values: the row without
--   member, seq and epoch); owner ('' for none); where there is one also
--   ttl (ms); now (ms, '' for the server's clock); a batch
-- Returns: 'EXISTS' (also for a piece whose parent is not there) | 'MISSING' (send all bytes again) | the epoch, '0' without an owner
local id = take()
local run = key('run', id)
if redis.call('EXISTS', run) == 1 then return 'EXISTS' end
local values, fields, owner = takeValues(), takeList(), take()
local given = {}
for i = 1, #fields, 2 do given[fields[i]] = fields[i + 1] end
if given.piece and redis.call('EXISTS', key('run', given.parentRun or '')) == 0 then return 'EXISTS' end
local ttl, now, batch
if owner ~= '' then ttl, now, batch = take(), take(), takeBatch() end
if missing(values) or (batch and missing(batch.values)) then return 'MISSING' end
local member = string.format('%016d', redis.call('HINCRBY', key('meta'), 'runs', 1)) .. ':' .. id
redis.call('HSET', run, 'member', member, 'seq', '0', 'epoch', '0', unpack(fields))
redis.call('ZADD', key(given.piece and 'pieces' or 'runs'), given.createdAtMs, member)
redis.call('ZADD', key(given.piece and 'piece-status' or 'status', given.status), given.createdAtMs, member)
if given.parentRun then
  redis.call('ZADD', key('run', given.parentRun, given.piece and 'pieces' or 'children'), given.createdAtMs, member)
end
hold(key('run', id, 'uses'), values)
if not batch then return done('0') end
local epoch = takeLease(run, owner, clock(now) + ttl)
writeBatch(id, batch)
return done(tostring(epoch))
`,
);
