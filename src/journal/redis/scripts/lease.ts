import { script } from '../script.ts';
import { ARGUMENTS, CALL, CLOCK, LEASE } from './fragments.ts';

/** Acquires a run. */
export const ACQUIRE = script(
  'acquire',
  [ARGUMENTS, CALL, CLOCK, LEASE],
  `
-- Keys: run:ID
-- Arguments: id; owner; ttl (ms); owner who is known to be gone, or ''; now (ms, '' for the server's clock)
-- Returns: the epoch | 'NONE' (no such run, or somebody else has it)
local run, owner, ttl, gone, now = key('run', take()), take(), take(), take(), take()
local held = redis.call('HMGET', run, 'member', 'owner', 'expiresAtMs')
now = clock(now)
if not held[1] then return 'NONE' end
if held[2] and held[2] ~= gone and tonumber(held[3]) > now then return 'NONE' end
return done(tostring(takeLease(run, owner, now + ttl)))
`,
);

/** Lets a lease last longer. */
export const RENEW = script(
  'renew',
  [ARGUMENTS, CLOCK, LEASE],
  `
-- Keys: run:ID
-- Arguments: id; epoch; owner; ttl (ms); now (ms, '' for the server's clock)
-- Returns: 'OK' | 'FENCED'
local run, epoch, owner, ttl, now = key('run', take()), take(), take(), take(), take()
if not isHeld(run, epoch, owner) then return 'FENCED' end
-- A server without memory refuses a script before its first write only, and a holder that goes on needs none.
redis.call('HDEL', run, '')
redis.call('HSET', run, 'expiresAtMs', text(clock(now) + ttl))
return 'OK'
`,
);

/** Gives a lease up, where it is still valid. */
export const RELEASE = script(
  'release',
  [ARGUMENTS, CLOCK, LEASE],
  `
-- Keys: run:ID
-- Arguments: id; epoch; owner
-- Returns: 'OK'
local run, epoch, owner = key('run', take()), take(), take()
if isHeld(run, epoch, owner) then redis.call('HDEL', run, 'owner') end
return 'OK'
`,
);
