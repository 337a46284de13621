import { script } from '../script.ts';
import { ARGUMENTS } from './fragments.ts';

/** Names of what `list` and `run` give of a row, in their order. */
export const ROW_FIELDS = [
  'member',
  'workflow',
  'definition',
  'status',
  'createdAtMs',
  'startedAtMs',
  'endedAtMs',
  'parentRun',
  'parentTask',
  'piece',
  'fork',
  'labels',
  'summary',
] as const;

const FIELDS = ROW_FIELDS.map((name) => `'${name}'`).join(', ');

/** Lists runs. */
export const LIST = script(
  'list',
  [ARGUMENTS],
  `
-- Keys: runs, status:*, run:ID:children, pieces, piece-status:*, run:ID:pieces, run:*
-- Arguments: sorted sets to look into (list of names); created since (ms or '-inf'); created before (ms or 'inf');
--   where the page before ended: time (ms or ''), number (16 digits or '');
--   statuses, any (list); workflow or ''; parent ('' any, 'none', or '=' and its id); labels (list of names and values)
--   '1' for the oldest first; how many runs to give at most; how many to look at at most
-- Returns: '1' where there may be more, else '0'; the member looked at last ('' for none); its time; rows
local sources, since, before, endAt, endNumber = takeList(), take(), take(), take(), take()
local statuses, workflow, parent, labels = takeList(), take(), take(), takeList()
local oldest, limit, budget = take() == '1', tonumber(take()), tonumber(take())
local first, last = '(' .. before, since
if oldest then first, last = last, first end
if endAt ~= '' and (oldest and tonumber(endAt) > tonumber(since) or not oldest and tonumber(endAt) < tonumber(before)) then
  first = endAt
end
local command = oldest and 'ZRANGEBYSCORE' or 'ZREVRANGEBYSCORE'
local function isBefore(time, number, otherTime, otherNumber)
  if oldest then time, number, otherTime, otherNumber = otherTime, otherNumber, time, number end
  if time ~= otherTime then return time > otherTime end
  return number > otherNumber
end
local looked = {}
for _, name in ipairs(sources) do
  local found, offset = 0, 0
  while found < budget do
    local page = redis.call(command, tag .. name, first, last, 'WITHSCORES', 'LIMIT', offset, budget)
    for i = 1, #page, 2 do
      local createdAtMs = tonumber(page[i + 1])
      if endAt == '' or isBefore(tonumber(endAt), endNumber, createdAtMs, string.sub(page[i], 1, 16)) then
        looked[#looked + 1] = { page[i], createdAtMs }
        found = found + 1
      end
    end
    if #page < 2 * budget then break end
    offset = offset + budget
  end
end
table.sort(looked, function(a, b) return isBefore(a[2], a[1], b[2], b[1]) end)
local isWanted = {}
for _, status in ipairs(statuses) do isWanted[status] = true end
local function fits(run)
  local row = redis.call('HMGET', run, 'workflow', 'status', 'parentRun')
  if workflow ~= '' and row[1] ~= workflow then return false end
  if #statuses > 0 and not isWanted[row[2]] then return false end
  if parent == 'none' and row[3] then return false end
  if string.sub(parent, 1, 1) == '=' and row[3] ~= string.sub(parent, 2) then return false end
  for i = 1, #labels, 2 do
    if redis.call('HGET', run, 'label:' .. labels[i]) ~= labels[i + 1] then return false end
  end
  return true
end
local rows = {}
for at, place in ipairs(looked) do
  local run = key('run', string.sub(place[1], 18))
  if fits(run) then rows[#rows + 1] = redis.call('HMGET', run, ${FIELDS}) end
  if #rows == limit or at == budget then return { '1', place[1], string.format('%.0f', place[2]), rows } end
end
return { '0', '', '', rows }
`,
);

/** The whole row of a run, without its entries. */
export const READ_RUN = script(
  'read-run',
  [ARGUMENTS],
  `
-- Keys: run:ID
-- Arguments: id
-- Returns: the row as \`list\` gives it; parameters; seq; owner (null: nobody); epoch; expiresAtMs
local run = key('run', take())
return {
  redis.call('HMGET', run, ${FIELDS}),
  redis.call('HMGET', run, 'parameters', 'seq', 'owner', 'epoch', 'expiresAtMs'),
}
`,
);
