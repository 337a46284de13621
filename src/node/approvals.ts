import { schemaProblems } from '../actions/validate.ts';
import { HeddleError } from '../errors/index.ts';
import type { RunEntry, RunJournal, WaitingEntry } from '../executor/index.ts';

/** The approvals that a recorded run waits for, as far as its record tells. */
export async function openApprovals(journal: RunJournal, run: string): Promise<readonly WaitingEntry[]> {
  const open = new Map<string, WaitingEntry>();
  const keyOf = (execution: number, index: number): string => `${execution}/${index}`;
  for await (const page of journal.entries(run)) {
    for (const recorded of page) {
      const entry = recorded.entry as RunEntry;
      if (entry.type === 'waiting') open.set(keyOf(entry.execution, entry.index), entry);
      else if (entry.type === 'answered' || entry.type === 'item') open.delete(keyOf(entry.execution, entry.index));
      else if (entry.type === 'completed') {
        for (const [key, { execution }] of open) if (execution === entry.execution) open.delete(key);
      }
    }
  }
  return [...open.values()].filter(({ wait }) => wait.kind === 'approval');
}

/** Why an answer cannot be given; null: it can. */
export function approvalProblem(
  open: readonly WaitingEntry[],
  task: string,
  data: unknown,
  item: unknown,
): HeddleError | null {
  const own = open.filter((each) => each.task === task);
  const candidates = own.filter(({ key, index }) => item === undefined || Object.is(key, item) || index === item);
  const [waiting] = candidates;
  if (waiting === undefined || candidates.length > 1) {
    const others = [...new Set(open.map((each) => `'${each.task}'`))].join(', ');
    const which = item === undefined ? `task '${task}'` : `item ${JSON.stringify(item)} of task '${task}'`;
    const message =
      waiting === undefined
        ? `${which} does not wait for an approval; ${others === '' ? 'nothing does' : `what does: ${others}`}`
        : `${candidates.length} items of '${task}' wait for an approval; name one of them by its key`;
    return new HeddleError('HEDDLE_NOT_WAITING', message, { task });
  }
  const { schema } = waiting.wait;
  const problems = schema === undefined ? [] : schemaProblems(schema, structuredClone(data), 'answer');
  return problems.length === 0 ? null : new HeddleError('HEDDLE_RESPONSE_INVALID', problems.join('; '), { task });
}
