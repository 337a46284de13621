import { script } from '../script.ts';
import { ARGUMENTS, CALL } from './fragments.ts';

/** Puts a request into the inbox of a run. */
export const REQUEST = script(
  'request',
  [ARGUMENTS, CALL],
  `
-- Keys: run:ID, run:ID:requests, meta
-- Arguments: id; request (packed)
-- Returns: its id | 'NONE' (no such run, or it has ended)
local id, request = take(), take()
local row = redis.call('HMGET', key('run', id), 'member', 'endedAtMs')
if not row[1] or row[2] then return 'NONE' end
local number = redis.call('HINCRBY', key('meta'), 'requests', 1)
redis.call('HSET', key('run', id, 'requests'), number, request)
return done(tostring(number))
`,
);
