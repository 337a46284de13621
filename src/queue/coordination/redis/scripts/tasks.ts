import { ARGUMENTS } from '../../../../journal/redis/scripts/fragments.ts';
import { script } from '../../../../journal/redis/script.ts';

const FORGET = `
local function forget(task)
  for _, kind in ipairs({ 'task', 'covered', 'open', 'done', 'permits', 'wants', 'ends' }) do
    redis.call('UNLINK', key(kind, task))
  end
  redis.call('SREM', key('tasks'), task)
end
`;

/** No further iteration starts. */
export const STOP = script(
  'stop',
  [ARGUMENTS],
  `
-- Keys: task of TASK
-- Arguments: TASK
-- Returns: 'OK'
local task = key('task', take())
if redis.call('EXISTS', task) == 0 then return 'OK' end
-- A server without memory refuses a script before its first write only, and what is called off must stop.
redis.call('HDEL', task, '')
redis.call('HSET', task, 'stopped', 1)
return 'OK'
`,
);

/** Forgets an execution. */
export const CLOSE = script(
  'close',
  [ARGUMENTS, FORGET],
  `
-- Keys: all of TASK, tasks, run:RUN
-- Arguments: TASK; run
-- Returns: 'OK'
local task, run = take(), take()
forget(task)
redis.call('SREM', key('run', run), task)
return 'OK'
`,
);

/** Forgets all executions of a run. */
export const CLOSE_RUN = script(
  'close-run',
  [ARGUMENTS, FORGET],
  `
-- Keys: all of each TASK of the run, tasks, run:RUN
-- Arguments: run
-- Returns: 'OK'
local run = key('run', take())
for _, task in ipairs(redis.call('SMEMBERS', run)) do forget(task) end
redis.call('UNLINK', run)
return 'OK'
`,
);
