import { script } from '../script.ts';
import { ARGUMENTS, BATCH, CALL, CLOCK, LEASE, VALUES } from './fragments.ts';

/** Records a run; with an owner it is leased and gets its first batch. */
export const CREATE = script(
  'create',
  [ARGUMENTS, CALL, CLOCK, VALUES, LEASE, BATCH],
  `
-- Keys: run:ID and what belongs to it, meta, runs, status:*, run:PARENT:children, ended, uses, value:*, definition:*
-- Arguments: id; values that the row holds, its definition among them; fields (list of names and values: the row without
--   member, seq and epoch); owner ('' for none); where there is one also
--   ttl (ms); now (ms, '' for the server's clock); a batch
-- Returns: 'EXISTS' | 'MISSING' (send all bytes again) | the epoch, '0' without an owner
local id = take()
local run = key('run', id)
if redis.call('EXISTS', run) == 1 then return 'EXISTS' end
local values, fields, owner = takeValues(), takeList(), take()
local ttl, now, batch
if owner ~= '' then ttl, now, batch = take(), take(), takeBatch() end
if missing(values) or (batch and missing(batch.values)) then return 'MISSING' end
local member = string.format('%016d', redis.call('HINCRBY', key('meta'), 'runs', 1)) .. ':' .. id
redis.call('HSET', run, 'member', member, 'seq', '0', 'epoch', '0', unpack(fields))
local row = redis.call('HMGET', run, 'createdAtMs', 'status', 'parentRun')
redis.call('ZADD', key('runs'), row[1], member)
redis.call('ZADD', key('status', row[2]), row[1], member)
if row[3] then redis.call('ZADD', key('run', row[3], 'children'), row[1], member) end
hold(key('run', id, 'uses'), values)
if not batch then return done('0') end
local epoch = takeLease(run, owner, clock(now) + ttl)
writeBatch(id, batch)
return done(tostring(epoch))
`,
);
