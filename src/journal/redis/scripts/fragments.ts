/**
 * What the scripts of a journal share.
 *
 * KEYS[1] is the tag of the journal, `{prefix}:`. All keys begin with it, lie in one slot of a cluster, and are made here
 * of it and of ids. Times are milliseconds since the epoch; '' stands for what is not given.
 *
 * - `meta`: hash of `version`, `runs` and `requests` (counters)
 * - `run:ID`: hash of the run's row: `member`, `workflow`, `definition`, `parameters`, `status`, `createdAtMs`, `startedAtMs`, `endedAtMs`,
 *   `parentRun`, `parentTask`, `fork`, `labels` (JSON) and `label:NAME`, `summary`, `seq`, `epoch`, `owner`, `expiresAtMs`
 * - `run:ID:entries`: list of packed entries, the one with sequence N at N-1
 * - `run:ID:snapshot`: hash of `seq`, `data`; `run:ID:requests`: hash of id to packed request
 * - `runs`, `status:STATUS`, `run:ID:children`: sorted sets of members by creation; `ended`: by end. A member is the run's number,
 *   16 digits, a colon and its id, so that runs of the same millisecond are in order
 * - `value:HASH`, `definition:HASH`: packed values that are stored once; `uses`: hash of how many hold each
 * - `run:ID:uses`, `run:ID:snapshot-uses`, `result:HASH:uses`: sets of what each holds; `removed`: set of such sets that have no holder any more
 * - `result:HASH`: hash of `data`, `expiresAtMs`; `results`: sorted set of hashes by expiry
 * - `calls:CLIENT`: hash of the replies to the last calls of a client, which may be sent again, and the number of the `first`
 */
export const ARGUMENTS = `
local tag = KEYS[1]
local taken = 0
local function take() taken = taken + 1 return ARGV[taken] end
local function takeList()
  local list = {}
  for i = 1, tonumber(take()) do list[i] = take() end
  return list
end
local function key(...) return tag .. table.concat({...}, ':') end
`;

/**
 * Begins scripts that must not be done twice. A call whose connection broke is sent again, and its reply is then the one
 * it had; what still arrives of an older connection is not done at all.
 *
 * Arguments, before those of the script: id of the client; number of the call; number of the first call sent with it.
 * Returns also 'STALE' (to nobody).
 */
export const CALL = `
local calls, call, first = key('calls', take()), take(), take()
local before = redis.call('HMGET', calls, call, 'first')
if before[1] then return before[1] end
if before[2] and tonumber(before[2]) > tonumber(call) then return 'STALE' end
local function done(reply)
  if before[2] ~= first then redis.call('DEL', calls) end
  redis.call('HSET', calls, 'first', first, call, reply)
  redis.call('PEXPIRE', calls, 86400000)
  return reply
end
`;

/** The clock: of the server, which all machines share, where none is given. */
export const CLOCK = `
local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function text(number) return string.format('%.0f', number) end
`;

/**
 * Values that are stored once. A list of pairs, key (`value:HASH`) and bytes; bytes '' where the client knows that the
 * value is stored. `missing` answers for those that are not, before anything is written.
 */
export const VALUES = `
local function takeValues()
  local values = {}
  for i = 1, tonumber(take()) do values[i] = { take(), take() } end
  return values
end
local function missing(values)
  for _, value in ipairs(values) do
    if value[2] == '' and redis.call('EXISTS', tag .. value[1]) == 0 then return true end
  end
  return false
end
local function hold(holder, values)
  for _, value in ipairs(values) do
    if redis.call('SADD', holder, value[1]) == 1 then redis.call('HINCRBY', key('uses'), value[1], 1) end
    if value[2] ~= '' then redis.call('SETNX', tag .. value[1], value[2]) end
  end
end
`;

/** Forgets that somebody held a value; it goes with its last holder. */
export const LETTING_GO = `
local function letGo(name)
  if redis.call('HINCRBY', key('uses'), name, -1) > 0 then return end
  redis.call('HDEL', key('uses'), name)
  redis.call('UNLINK', tag .. name)
end
`;

/** A lease is valid while the run has its epoch and its owner. */
export const LEASE = `
local function isHeld(run, epoch, owner)
  local held = redis.call('HMGET', run, 'epoch', 'owner')
  return held[1] == epoch and held[2] == owner
end
local function takeLease(run, owner, expiresAtMs)
  redis.call('HSET', run, 'owner', owner, 'expiresAtMs', text(expiresAtMs))
  return redis.call('HINCRBY', run, 'epoch', 1)
end
`;

/**
 * One batch. Arguments: entries (list), values, answered request ids (list), status, startedAtMs, endedAtMs ('null' removes
 * it), summary (packed), '1' to release the lease.
 */
export const BATCH = `
local function takeBatch()
  return {
    entries = takeList(), values = takeValues(), answered = takeList(),
    status = take(), startedAtMs = take(), endedAtMs = take(), summary = take(), release = take(),
  }
end
local function setStatus(run, member, status)
  local row = redis.call('HMGET', run, 'status', 'createdAtMs')
  redis.call('HSET', run, 'status', status)
  if row[1] then redis.call('ZREM', key('status', row[1]), member) end
  redis.call('ZADD', key('status', status), row[2], member)
end
local function writeBatch(id, batch)
  local run = key('run', id)
  local seq = redis.call('HINCRBY', run, 'seq', #batch.entries)
  for i = 1, #batch.entries, 1000 do
    redis.call('RPUSH', key('run', id, 'entries'), unpack(batch.entries, i, math.min(i + 999, #batch.entries)))
  end
  hold(key('run', id, 'uses'), batch.values)
  for _, request in ipairs(batch.answered) do redis.call('HDEL', key('run', id, 'requests'), request) end
  local member = redis.call('HGET', run, 'member')
  if batch.status ~= '' then setStatus(run, member, batch.status) end
  if batch.startedAtMs ~= '' then redis.call('HSET', run, 'startedAtMs', batch.startedAtMs) end
  if batch.endedAtMs == 'null' then
    redis.call('HDEL', run, 'endedAtMs')
    redis.call('ZREM', key('ended'), member)
  elseif batch.endedAtMs ~= '' then
    redis.call('HSET', run, 'endedAtMs', batch.endedAtMs)
    redis.call('ZADD', key('ended'), batch.endedAtMs, member)
  end
  if batch.summary ~= '' then redis.call('HSET', run, 'summary', batch.summary) end
  if batch.release == '1' then redis.call('HDEL', run, 'owner') end
  return seq
end
`;
