import { BUILTIN_ACTIONS } from '../actions/builtins.ts';
import type { RunsPage } from '../journal/index.ts';
import { loadStoredDefinition } from '../node/stored-definition.ts';
import type { Plan } from '../plan/index.ts';
import type { Backend } from './backend.ts';
import type { WorkerInfo } from './coordination/coordination.ts';
import { tagsOf } from './jobs.ts';

/** Runs that no worker can go on with. */
export interface Unclaimed {
  readonly queue: string;
  readonly workflow: string;
  /** Why, for people. */
  readonly reason: string;
  /** Some of their ids, the oldest first. */
  readonly runs: readonly string[];
  readonly count: number;
}

/** Runs looked at, and ids that are told of each kind, at most. */
const MAX_RUNS = 2000;
const MAX_TOLD = 5;
const PAGE = 500;

/** Open runs that nobody can go on with, by queue, workflow and reason. */
export async function findUnclaimed({
  journal,
  coordination,
}: Pick<Backend, 'journal' | 'coordination'>): Promise<readonly Unclaimed[]> {
  const workers = (await coordination.workers()).filter(({ state }) => state !== 'leaving');
  const needs = new Map<string, readonly Need[]>();
  const groups = new Map<string, { queue: string; workflow: string; reason: string; runs: string[]; count: number }>();
  let cursor: string | null = null;
  for (let seen = 0; seen < MAX_RUNS;) {
    const at = cursor === null ? {} : { cursor };
    const page: RunsPage = await journal.runs({
      status: ['pending', 'running', 'blocked'],
      oldestFirst: true,
      limit: PAGE,
      ...at,
    });
    seen += page.runs.length;
    for (const { id, workflow, labels, status, definitionHash } of page.runs) {
      const queue = tagsOf(labels)?.queue;
      if (queue === undefined) continue;
      let known = needs.get(definitionHash);
      if (known === undefined) {
        known = needsOf(await journal.definition(definitionHash));
        needs.set(definitionHash, known);
      }
      const reason = status === 'blocked' ? BLOCKED : reasonFor(queue, known, workers);
      if (reason === null) continue;
      const key = JSON.stringify([queue, workflow, reason]);
      const group = groups.get(key) ?? { queue, workflow, reason, runs: [], count: 0 };
      group.count += 1;
      if (group.runs.length < MAX_TOLD) group.runs.push(id);
      groups.set(key, group);
    }
    ({ cursor } = page);
    if (cursor === null) break;
  }
  return [...groups.values()];
}

const BLOCKED = 'it needs a secret that the worker that took it was not given';

/** What a task asks of whoever works on it. */
interface Need {
  /** Null: it is built in. */
  readonly action: string | null;
  /** Null: the queue of the run. */
  readonly queue: string | null;
}

function reasonFor(queue: string, needs: readonly Need[], workers: readonly WorkerInfo[]): string | null {
  const listening = (name: string): readonly WorkerInfo[] => workers.filter(({ queues }) => queues.includes(name));
  const own = listening(queue);
  if (own.length === 0) return `no worker listens to the queue '${queue}'`;
  const elsewhere = needs.find((need) => need.queue !== null && listening(need.queue).length === 0);
  if (elsewhere !== undefined) return `no worker listens to the queue '${elsewhere.queue ?? ''}' of one of its tasks`;
  const names = [...new Set(needs.flatMap(({ action }) => action ?? []))];
  // Whoever advances the run loads all of it.
  if (own.some(({ actions }) => names.every((name) => Object.hasOwn(actions, name)))) return null;
  const missing = names.find((name) => !own.some(({ actions }) => Object.hasOwn(actions, name)));
  return missing === undefined
    ? `no worker of the queue '${queue}' knows all of its actions`
    : `no worker of the queue '${queue}' knows the action ${missing}`;
}

const BUILT_IN = new Set(BUILTIN_ACTIONS.map(({ name }) => name));

/** Actions of a stored workflow that are not built in, and queues that its tasks name. */
function needsOf(definition: unknown): readonly Need[] {
  const needs: Need[] = [];
  const seen = new Set<Plan>();
  const visit = (plan: Plan): void => {
    if (seen.has(plan)) return;
    seen.add(plan);
    for (const { action, actionName, queue } of plan.tasks) {
      if (action.kind === 'workflow') visit(action.plan());
      else if (action.kind === 'action' && !BUILT_IN.has(actionName)) needs.push({ action: actionName, queue });
      else if (queue !== null) needs.push({ action: null, queue });
    }
  };
  try {
    visit(loadStoredDefinition(definition, { allowUnknownActions: true }).plan);
  } catch {
    // What cannot be read here is for a worker to tell.
    return [];
  }
  return needs;
}
