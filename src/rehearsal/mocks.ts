import { contains } from './difference.ts';
import type { Mock } from './definition.ts';

/** A call of an action that a run makes, as far as mocks look at it. */
export interface Call {
  /** Name of the workflow whose task it is. */
  readonly workflow: string;
  /** Tasks of the workflows above that lead to it, outermost first. */
  readonly callers: readonly string[];
  readonly task: string;
  readonly action: string;
  /** The n-th execution of this task, from 1. */
  readonly execution: number;
  /** The iteration's index, or null. */
  readonly index: number | null;
  /** From 1. */
  readonly attempt: number;
  readonly input: unknown;
}

/** Names of the workflows that are meant by a name. */
export type WorkflowNames = ReadonlyMap<string, ReadonlySet<string>>;

/** The mocks of one rehearsal, with how often each has answered. */
export class MockTable {
  readonly #mocks: readonly Mock[];
  readonly #workflows: WorkflowNames;
  readonly #served: Map<Mock, number>;

  constructor(mocks: readonly Mock[], workflows: WorkflowNames = new Map(), served = new Map<Mock, number>()) {
    this.#mocks = mocks;
    this.#workflows = workflows;
    this.#served = served;
  }

  /** The same table with mocks that are tried first, and with the same counts. */
  preceded(mocks: readonly Mock[]): MockTable {
    return new MockTable([...mocks, ...this.#mocks], this.#workflows, this.#served);
  }

  /** The first mock that fits the call and is not used up; undefined: none. */
  take(call: Call): Mock | undefined {
    const mock = this.#mocks.find(
      (candidate) =>
        (this.#served.get(candidate) ?? 0) < (candidate.times ?? Infinity) && fits(candidate, call, this.#workflows),
    );
    if (mock !== undefined) this.#served.set(mock, (this.#served.get(mock) ?? 0) + 1);
    return mock;
  }

  /** How many calls a mock has answered. */
  servedBy(mock: Mock): number {
    return this.#served.get(mock) ?? 0;
  }
}

function fits(mock: Mock, call: Call, workflows: WorkflowNames): boolean {
  return (
    (mock.task === undefined || mock.task === call.task || mock.task === pathOf(call)) &&
    (mock.workflow === undefined || (workflows.get(mock.workflow)?.has(call.workflow) ?? false)) &&
    (mock.action === undefined || fitsPattern(mock.action, call.action)) &&
    (mock.items === undefined || (call.index !== null && mock.items.includes(call.index))) &&
    (mock.executions === undefined || mock.executions.includes(call.execution)) &&
    (mock.attempts === undefined || mock.attempts.includes(call.attempt)) &&
    (mock.input === undefined || contains(call.input, mock.input))
  );
}

/** A task with the tasks that lead to it: `deploy_region/upload`. */
export function pathOf({ callers, task }: Pick<Call, 'callers' | 'task'>): string {
  return callers.length === 0 ? task : `${callers.join('/')}/${task}`;
}

/** Whether a name fits a pattern in which `*` stands for any text. */
export function fitsPattern(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  if (parts.length === 1) return name === first;
  const last = parts.at(-1) ?? '';
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= name.length - last.length;
}
