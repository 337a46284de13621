import { script } from '../script.ts';
import { ARGUMENTS, LETTING_GO, VALUES } from './fragments.ts';

/** Keeps a result in the cache. */
export const KEEP_RESULT = script(
  'keep-result',
  [ARGUMENTS, VALUES, LETTING_GO],
  `
-- Keys: result:HASH, result:HASH:uses, results, uses, value:*
-- Arguments: hash of its key; data (packed); when it expires (ms, 'inf' for never); values
-- Returns: 'OK' | 'MISSING' (send all bytes again)
local hash, data, expiresAtMs, values = take(), take(), take(), takeValues()
if missing(values) then return 'MISSING' end
local holder = key('result', hash, 'uses')
redis.call('HSET', key('result', hash), 'data', data, 'expiresAtMs', expiresAtMs)
redis.call('ZADD', key('results'), expiresAtMs, hash)
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

/** Removes results that have expired, some at a time. */
export const EXPIRE_RESULTS = script(
  'expire-results',
  [ARGUMENTS, LETTING_GO],
  `
-- Keys: results, result:*, uses, value:*
-- Arguments: now (ms); how many at most
-- Returns: how many were removed
local now, limit = take(), take()
local expired = redis.call('ZRANGEBYSCORE', key('results'), '-inf', now, 'LIMIT', 0, limit)
for _, hash in ipairs(expired) do
  local holder = key('result', hash, 'uses')
  local held = redis.call('SMEMBERS', holder)
  redis.call('UNLINK', key('result', hash), holder)
  for _, name in ipairs(held) do letGo(name) end
  redis.call('ZREM', key('results'), hash)
end
return tostring(#expired)
`,
);
