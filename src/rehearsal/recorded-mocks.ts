import { ActionError, HeddleError } from '../errors/index.ts';
import { excerptOf } from './excerpt.ts';

/** More answers to one task that differ from the usual one are not written down. */
const MAX_EXCEPTIONS = 100;

/** How a call of an action ended, as the fields of a mock. */
export type RecordedAnswer = Readonly<Record<string, unknown>>;

/** A call of an action and its answer, as it happened. */
export interface RecordedCall {
  readonly task: string;
  /** The n-th execution of the task. */
  readonly execution: number;
  readonly index: number | null;
  readonly attempt: number;
  readonly answer: RecordedAnswer;
}

/** The answer of a call that gave or threw `value`; `isCut` where the result is not given in full. */
export function answerOf(
  status: 'succeeded' | 'failed' | 'timed_out',
  value: unknown,
): { readonly answer: RecordedAnswer; readonly isCut: boolean } {
  if (status === 'timed_out') return { answer: { status }, isCut: false };
  if (status === 'succeeded') {
    const { value: result, isCut } = excerptOf(value);
    return { answer: { result }, isCut };
  }
  const { value: result, isCut } = excerptOf(value instanceof ActionError ? value.result : null);
  const error = {
    message: value instanceof Error ? value.message : String(value),
    ...(value instanceof HeddleError && value.code !== 'HEDDLE_ACTION_FAILED' ? { code: value.code } : {}),
    ...(value instanceof ActionError && !value.retryable ? { retryable: false } : {}),
  };
  return { answer: { status, ...(result === null ? {} : { result }), error }, isCut };
}

/**
 * Mocks that give the same answers again, as few as will do: the usual answer of a task answers whatever no other mock
 * does, and the others name their calls. `isCut` where some are left out.
 */
export function mocksOf(calls: readonly RecordedCall[]): {
  readonly mocks: readonly RecordedAnswer[];
  readonly isCut: boolean;
} {
  const byTask = groupBy(calls, (call) => call.task);
  let isCut = false;
  const mocks = [...byTask].flatMap(([task, own]) => {
    const groups = [...groupBy(own, (call) => JSON.stringify(call.answer)).values()];
    const usual = groups.reduce((best, group) => (weightOf(group) > weightOf(best) ? group : best));
    const others = groups.filter((group) => group !== usual);
    // Where not all can be kept, failures tell more than one result among many.
    if (others.length > MAX_EXCEPTIONS) others.sort((a, b) => Number(isSuccess(a)) - Number(isSuccess(b)));
    const exceptions = others.flatMap((group) => criteriaOf(group, own));
    isCut ||= exceptions.length > MAX_EXCEPTIONS;
    return [
      ...exceptions.slice(0, MAX_EXCEPTIONS).map((fields) => ({ task, ...fields })),
      { task, ...usual[0]?.answer },
    ];
  });
  return { mocks, isCut };
}

/** The usual answer is the most frequent success, and the most frequent failure only where nothing succeeded. */
function weightOf(group: readonly RecordedCall[]): number {
  return group.length + (isSuccess(group) ? 1e9 : 0);
}

function isSuccess([first]: readonly RecordedCall[]): boolean {
  return first?.answer['status'] === undefined;
}

/** Mocks for calls with the same answer: one for each execution and attempt, where the task had several of them. */
function criteriaOf(group: readonly RecordedCall[], own: readonly RecordedCall[]): readonly RecordedAnswer[] {
  const [first] = own;
  const hasExecutions = own.some((call) => call.execution !== first?.execution);
  const hasAttempts = own.some((call) => call.attempt !== first?.attempt);
  const alike = groupBy(group, (call) => JSON.stringify([call.execution, call.attempt]));
  return [...alike.values()].map((calls) => {
    const items = calls.flatMap((call) => (call.index === null ? [] : [call.index])).sort((a, b) => a - b);
    return {
      ...(items.length === 0 ? {} : { item: items.length === 1 ? items[0] : items }),
      ...(hasExecutions ? { execution: calls[0]?.execution } : {}),
      ...(hasAttempts ? { attempt: calls[0]?.attempt } : {}),
      ...calls[0]?.answer,
    };
  });
}

function groupBy<T>(list: readonly T[], key: (element: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const element of list) {
    const name = key(element);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [element]);
    else group.push(element);
  }
  return groups;
}
