/**
 * What the scripts of a journal share.
 *
 * KEYS[1] is the tag of the journal, `{prefix}:`. All keys begin with it, lie in one slot of a cluster, and are made here
 * of it and of ids. Times are milliseconds since the epoch; '' stands for what is not given.
 *
 * - `meta`: hash of `version`, `runs` and `requests` (counters)
 * - `run:ID`: hash of the run's row: `member`, `workflow`, `definition`, `parameters`, `status`, `createdAtMs`, `startedAtMs`, `endedAtMs`,
 *   `parentRun`, `parentTask`, `piece` ('1' for one), `fork`, `labels` (JSON) and `label:NAME`, `summary`, `seq`, `epoch`, `owner`, `expiresAtMs`
 * - `run:ID:entries`: list of packed entries, the one with sequence N at N-1
 * - `run:ID:snapshot`: hash of `seq`, `data`; `run:ID:requests`: hash of id to packed request
 * - `runs`, `status:STATUS`, `run:ID:children`: sorted sets of members by creation; `ended`: by end. Pieces of runs, of which there may be
 *   thousands, are in `pieces`, `piece-status:STATUS`, `run:ID:pieces` instead. A member is the run's number,
 *   16 digits, a colon and its id, so that runs of the same millisecond are in order
 * - `value:HASH`, `definition:HASH`: packed values that are stored once; of one that is larger than 1 MiB only how many parts it has,
 *   which are in the hash `parts:value:HASH`, from 1. `upload:CLIENT:NUMBER`: such a hash on its way, which expires. `uses`: hash of how many hold each
 * - `run:ID:uses`, `run:ID:snapshot-uses`, `result:HASH:uses`: sets of what each holds; `removed`: set of such sets that have no holder any more
 * - `removed-runs`: set of `removed:NUMBER:children` and `removed:NUMBER:pieces`, the sorted sets of runs whose parent was removed
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
 * Values that are stored once. A list of these: key (`value:HASH`); bytes, '' where the client knows that the value is
 * stored; the upload that holds its parts, or ''; the parts that come along (list). `missing` answers for those that are not
 * there, before anything is written.
 */
export const VALUES = `
local function takeValues()
  local values = {}
  for i = 1, tonumber(take()) do
    values[i] = { name = take(), bytes = take(), upload = take(), parts = takeList() }
  end
  return values
end
local function isThere(value)
  if value.bytes ~= '' and value.upload == '' or redis.call('EXISTS', tag .. value.name) == 1 then return true end
  return value.upload ~= '' and redis.call('EXISTS', tag .. value.upload) == 1
end
local function missing(values)
  for _, value in ipairs(values) do
    if not isThere(value) then return true end
  end
  return false
end
local function keep(value)
  local parts = tag .. 'parts:' .. value.name
  if redis.call('SETNX', tag .. value.name, value.bytes) == 0 then
    if value.upload ~= '' then redis.call('UNLINK', tag .. value.upload) end
  elseif value.upload ~= '' then
    redis.call('RENAME', tag .. value.upload, parts)
    redis.call('PERSIST', parts)
  else
    for i, part in ipairs(value.parts) do redis.call('HSET', parts, i, part) end
  end
end
local function hold(holder, values)
  for _, value in ipairs(values) do
    if redis.call('SADD', holder, value.name) == 1 then redis.call('HINCRBY', key('uses'), value.name, 1) end
    if value.bytes ~= '' then keep(value) end
  end
end
`;

/** Forgets that somebody held a value; it goes with its last holder. */
export const LETTING_GO = `
local function letGo(name)
  if redis.call('HINCRBY', key('uses'), name, -1) > 0 then return end
  redis.call('HDEL', key('uses'), name)
  redis.call('UNLINK', tag .. name, tag .. 'parts:' .. name)
end
`;

/** Removes one run; what it held and what is below it is left to `sweep` and `sweep-runs`. */
export const REMOVAL = `
local function leave(name, left, list)
  if redis.call('EXISTS', name) == 0 then return end
  redis.call('RENAME', name, left)
  redis.call('SADD', key(list), left)
end
local function removeRun(id)
  local run = key('run', id)
  local row = redis.call('HMGET', run, 'member', 'status', 'parentRun', 'piece')
  -- Deletions first: a server without memory refuses a script before its first write only.
  redis.call('UNLINK', run, key('run', id, 'entries'), key('run', id, 'snapshot'), key('run', id, 'requests'))
  local lists = row[4] and { 'pieces', 'piece-status:' .. row[2] } or { 'runs', 'ended', 'status:' .. row[2] }
  for _, list in ipairs(lists) do redis.call('ZREM', key(list), row[1]) end
  if row[3] then redis.call('ZREM', key('run', row[3], row[4] and 'pieces' or 'children'), row[1]) end
  local number = string.sub(row[1], 1, 16)
  for _, kind in ipairs({ 'uses', 'snapshot-uses' }) do
    leave(key('run', id, kind), key('removed', number, kind), 'removed')
  end
  for _, kind in ipairs({ 'children', 'pieces' }) do
    leave(key('run', id, kind), key('removed', number, kind), 'removed-runs')
  end
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
local function setStatus(run, member, isPiece, status)
  local row = redis.call('HMGET', run, 'status', 'createdAtMs')
  local list = isPiece and 'piece-status' or 'status'
  redis.call('HSET', run, 'status', status)
  if row[1] then redis.call('ZREM', key(list, row[1]), member) end
  redis.call('ZADD', key(list, status), row[2], member)
end
local function writeBatch(id, batch)
  local run = key('run', id)
  local seq = redis.call('HINCRBY', run, 'seq', #batch.entries)
  for i = 1, #batch.entries, 1000 do
    redis.call('RPUSH', key('run', id, 'entries'), unpack(batch.entries, i, math.min(i + 999, #batch.entries)))
  end
  hold(key('run', id, 'uses'), batch.values)
  for _, request in ipairs(batch.answered) do redis.call('HDEL', key('run', id, 'requests'), request) end
  local row = redis.call('HMGET', run, 'member', 'piece')
  local member, isPiece = row[1], row[2]
  if batch.status ~= '' then setStatus(run, member, isPiece, batch.status) end
  if batch.startedAtMs ~= '' then redis.call('HSET', run, 'startedAtMs', batch.startedAtMs) end
  if batch.endedAtMs == 'null' then
    redis.call('HDEL', run, 'endedAtMs')
    redis.call('ZREM', key('ended'), member)
  elseif batch.endedAtMs ~= '' then
    redis.call('HSET', run, 'endedAtMs', batch.endedAtMs)
    if not isPiece then redis.call('ZADD', key('ended'), batch.endedAtMs, member) end
  end
  if batch.summary ~= '' then redis.call('HSET', run, 'summary', batch.summary) end
  if batch.release == '1' then redis.call('HDEL', run, 'owner') end
  return seq
end
`;
