import { ARGUMENTS, CLOCK } from '../../../../journal/redis/scripts/fragments.ts';
import { script } from '../../../../journal/redis/script.ts';

/** Says that a worker is there. */
export const ANNOUNCE = script(
  'announce',
  [ARGUMENTS, CLOCK],
  `
-- Keys: workers, worker-ends
-- Arguments: id; what it says of itself (JSON); ttl (ms); now (ms, '' for the server's clock)
-- Returns: 'OK'
local id, info, ttl, now = take(), take(), tonumber(take()), clock(take())
redis.call('HSET', key('workers'), id, info)
redis.call('ZADD', key('worker-ends'), now + ttl, id)
return 'OK'
`,
);

/** A worker is gone. */
export const WITHDRAW = script(
  'withdraw',
  [ARGUMENTS],
  `
-- Keys: workers, worker-ends
-- Arguments: id
-- Returns: 'OK'
local id = take()
redis.call('HDEL', key('workers'), id)
redis.call('ZREM', key('worker-ends'), id)
return 'OK'
`,
);

/** Workers that are there; forgets the others. */
export const WORKERS = script(
  'workers',
  [ARGUMENTS, CLOCK],
  `
-- Keys: workers, worker-ends
-- Arguments: now (ms, '' for the server's clock)
-- Returns: what each says of itself (JSON)
local now = clock(take())
for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('worker-ends'), '-inf', now)) do
  redis.call('HDEL', key('workers'), id)
  redis.call('ZREM', key('worker-ends'), id)
end
return redis.call('HVALS', key('workers'))
`,
);

/** The memory of the server that has our keys; a command would ask any server of a Cluster. */
export const BYTES = script(
  'bytes',
  [],
  `
-- Keys: none
-- Arguments: none
-- Returns: what INFO says of memory
return redis.call('INFO', 'memory')
`,
);
