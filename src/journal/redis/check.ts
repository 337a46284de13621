import { hashOf } from '../encode.ts';
import type { JournalProblem } from '../journal.ts';
import { unpack } from '../packed.ts';
import type { Calls } from './calls.ts';
import { idOfMember } from './rows.ts';
import { readStored } from './stored-value.ts';
import { CHECK_RUN } from './scripts/check.ts';

/** Problems named of one kind; a store that is badly damaged has thousands. */
const MAX_PROBLEMS = 100;
const CHUNK = 100;

/** Looks for damage: of what belongs together, and of every large value against its hash. */
export async function checkJournal(calls: Calls, tag: string): Promise<readonly JournalProblem[]> {
  return [
    ...(await checkRuns(calls, `${tag}runs`)),
    ...(await checkRuns(calls, `${tag}pieces`)),
    ...(await checkValues(calls, tag)),
  ];
}

/** `list`: of the members of runs. */
async function checkRuns(calls: Calls, list: string): Promise<readonly JournalProblem[]> {
  const problems: JournalProblem[] = [];
  for (let start = 0; problems.length < MAX_PROBLEMS; start += CHUNK) {
    const first = start;
    const members = await calls.add({
      command: 'ZRANGE',
      args: () => [list, first, first + CHUNK - 1],
      read: (reply) => (reply as Buffer[]).map(String),
    });
    const found = await Promise.all(
      members.map(idOfMember).map(async (run) => {
        const messages = await calls.add({
          command: CHECK_RUN,
          args: () => [run],
          read: (reply) => (reply as Buffer[]).map(String),
        });
        return messages.map((message) => ({ run, message }));
      }),
    );
    problems.push(...found.flat());
    if (members.length < CHUNK) break;
  }
  return problems.slice(0, MAX_PROBLEMS);
}

async function checkValues(calls: Calls, tag: string): Promise<readonly JournalProblem[]> {
  const problems: JournalProblem[] = [];
  for (let cursor = '0'; ;) {
    const from = cursor;
    const [next, keys] = await calls.add({
      command: 'SCAN',
      args: () => [from, 'MATCH', `${globOf(tag)}value:*`, 'COUNT', CHUNK * 10],
      read: (reply) => {
        const [after, found] = reply as [Buffer, Buffer[]];
        return [after.toString(), found.map(String)] as const;
      },
    });
    for (const key of keys) problems.push(...(await checkValue(calls, tag, key)));
    if (next === '0' || problems.length >= MAX_PROBLEMS) return problems.slice(0, MAX_PROBLEMS);
    cursor = next;
  }
}

async function checkValue(calls: Calls, tag: string, key: string): Promise<readonly JournalProblem[]> {
  const name = key.slice(tag.length);
  const hash = name.slice('value:'.length);
  const [packed, holders] = await Promise.all([
    readStored((call) => calls.add(call), tag, name),
    calls.add({ command: 'HGET', args: () => [`${tag}uses`, name], read: (reply) => reply as Buffer | null }),
  ]);
  if (packed === null) {
    // It may have gone since it was listed.
    const isThere = await calls.add({ command: 'EXISTS', args: () => [key], read: (reply) => reply === 1 });
    return isThere ? [{ run: null, message: `a large value lacks parts: ${hash}` }] : [];
  }
  if (holders === null) return [{ run: null, message: `a large value is held by nobody: ${hash}` }];
  if (hashOf(unpack(packed)) === hash) return [];
  return [{ run: null, message: `a large value is not what was written: ${hash}` }];
}

function globOf(text: string): string {
  return text.replaceAll(/[*?[\]\\]/g, '\\$&');
}
