/** Of the keys of a queue, the beginning is KEYS[1]; what follows in them is BullMQ's. */

/** When the oldest job that waits was queued, in milliseconds; false: none waits. */
export const OLDEST = `
local base = KEYS[1]
local oldest = false
local function see(id)
  local at = id and tonumber(redis.call('HGET', base .. id, 'timestamp'))
  if at and (not oldest or at < oldest) then oldest = at end
end
see(redis.call('LINDEX', base .. 'wait', -1))
-- In order of their priorities, and within one of their arrival: the first of each priority is its oldest.
local from = '-inf'
for _ = 1, 1000 do
  local first = redis.call('ZRANGEBYSCORE', base .. 'prioritized', from, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if #first == 0 then break end
  see(first[1])
  from = string.format('%.0f', (math.floor(tonumber(first[2]) / 0x100000000) + 1) * 0x100000000)
end
return oldest and string.format('%.0f', oldest)
`;

/**
 * Takes an expired lock again, for whoever had it, where nobody else has taken the job meanwhile: 1, else 0.
 * ARGV: id, token, life in milliseconds.
 */
export const TAKE_AGAIN = `
local base = KEYS[1]
local lock = base .. ARGV[1] .. ':lock'
local holder = redis.call('GET', lock)
if holder and holder ~= ARGV[2] then return 0 end
if not redis.call('LPOS', base .. 'active', ARGV[1]) then return 0 end
redis.call('SET', lock, ARGV[2], 'PX', ARGV[3])
redis.call('SREM', base .. 'stalled', ARGV[1])
return 1
`;
