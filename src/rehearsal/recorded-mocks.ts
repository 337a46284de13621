import type { ErrorRecord } from '../executor/events.ts';
import { excerptOf } from './excerpt.ts';

/** More iterations with an answer of their own than this are not written down. */
const MAX_ITEMS = 50;

/** A call of an action and its answer, as it happened. */
export interface RecordedCall {
  readonly task: string;
  /** The n-th execution of the task. */
  readonly execution: number;
  readonly index: number | null;
  readonly attempt: number;
  readonly status: 'succeeded' | 'failed' | 'timed_out';
  readonly result: unknown;
  readonly error: ErrorRecord | null;
}

/** An entry of `mocks`, ready to be written. */
export type MockText = Readonly<Record<string, unknown>>;

interface Answered {
  readonly call: RecordedCall;
  readonly answer: MockText;
  /** Equal for equal answers. */
  readonly identity: string;
}

/** Mocks that give the same answers again, as few as will do; `isCut` where some are not given in full. */
export function mocksOf(calls: readonly RecordedCall[]): {
  readonly mocks: readonly MockText[];
  readonly isCut: boolean;
} {
  let isCut = false;
  const byTask = new Map<string, Answered[]>();
  for (const call of calls) {
    const result = excerptOf(call.result);
    isCut ||= result.isCut;
    const answer = answerOf(call, result.value);
    const answered = byTask.get(call.task) ?? [];
    answered.push({ call, answer, identity: JSON.stringify(answer) });
    byTask.set(call.task, answered);
  }
  const mocks: MockText[] = [];
  for (const [task, answered] of byTask) {
    const kept = fewest(task, answered);
    isCut ||= kept.isCut;
    mocks.push(...kept.mocks);
  }
  return { mocks, isCut };
}

function answerOf(call: RecordedCall, result: unknown): MockText {
  const { status, error } = call;
  if (status === 'succeeded') return { result };
  if (status === 'timed_out') return { status };
  return {
    status,
    ...(result === null ? {} : { result }),
    ...(error === null ? {} : { error: { message: error.message, code: error.code } }),
  };
}

/** The answer given most often answers whatever no other mock does; the others name their calls. */
function fewest(task: string, answered: readonly Answered[]): { readonly mocks: MockText[]; readonly isCut: boolean } {
  const groups = new Map<string, Answered[]>();
  for (const entry of answered) groups.set(entry.identity, [...(groups.get(entry.identity) ?? []), entry]);
  const sorted = [...groups.values()].sort((a, b) => b.length - a.length);
  const common = sorted[0]?.[0];
  if (common === undefined) return { mocks: [], isCut: false };
  const exceptions = answered.filter((entry) => entry.identity !== common.identity);
  const mocks = new Map<string, { readonly criteria: MockText; readonly items: number[]; readonly answer: MockText }>();
  for (const { call, answer, identity } of exceptions) {
    const criteria = criteriaOf(call, answered);
    const key = JSON.stringify([criteria, identity]);
    const mock = mocks.get(key) ?? { criteria, items: [], answer };
    if (call.index !== null) mock.items.push(call.index);
    mocks.set(key, mock);
  }
  const all = [...mocks.values()];
  return {
    mocks: [
      ...all
        .slice(0, MAX_ITEMS)
        .map(({ criteria, items, answer }) => ({ task, ...itemOf(items), ...criteria, ...answer })),
      { task, ...common.answer },
    ],
    isCut: all.length > MAX_ITEMS,
  };
}

function itemOf(items: readonly number[]): MockText {
  if (items.length === 0) return {};
  return { item: items.length === 1 ? items[0] : items };
}

/** Execution and attempt, where there was more than one. */
function criteriaOf(call: RecordedCall, answered: readonly Answered[]): MockText {
  return {
    ...(answered.some((other) => other.call.execution !== call.execution) ? { execution: call.execution } : {}),
    ...(answered.some((other) => other.call.attempt !== call.attempt) ? { attempt: call.attempt } : {}),
  };
}
