import { ActionError, HeddleError } from '../errors/index.ts';
import type { ActionCall, Interceptor } from '../executor/services.ts';
import { parseDuration } from '../workflow/index.ts';
import type { Mock } from './definition.ts';
import { fitsPattern, type MockTable } from './mocks.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Actions that only compute: they run for real although nothing allows them. */
export const ALLOWED_BY_DEFAULT: readonly string[] = ['core.*', 'json.*', 'csv.*', 'template.*', 'workflow.run'];

/** What answering the calls of one rehearsed run takes. */
export interface AnswerOptions {
  readonly mocks: MockTable;
  /** Names and patterns of actions that run for real. */
  readonly allow: readonly string[];
  readonly clock: VirtualClock;
  /** Whether an action is a sub-workflow: it runs, and its own actions are answered in turn. */
  readonly isWorkflow: (action: string) => boolean;
  /** Whether the engine ends an attempt of this task that takes too long. */
  readonly hasTimeout: (task: string) => boolean;
  /** Hears of every call before it is answered. */
  readonly onCall: (call: ActionCall) => void;
  /** Hears of a result that a mock gives. */
  readonly onResult: (mock: Mock, call: ActionCall) => void;
  /** Hears of a call that nothing answers. */
  readonly onUnmocked: (call: ActionCall) => void;
}

/** Whether an action runs for real when no mock answers it. */
export function isAllowed(action: string, allow: readonly string[]): boolean {
  return [...ALLOWED_BY_DEFAULT, ...allow].some((pattern) => fitsPattern(pattern, action));
}

/** Answers each call by the first mock that fits; allowed actions run for real, and any other call fails. */
export function createInterceptor(options: AnswerOptions): Interceptor {
  const { mocks, allow, clock } = options;
  return (call, proceed) => {
    options.onCall(call);
    const mock = mocks.take(call);
    if (mock !== undefined) return answer(mock, call, options);
    if (call.action === 'core.sleep') return sleep(call, clock);
    if (options.isWorkflow(call.action)) return proceed();
    if (isAllowed(call.action, allow)) return held(proceed(), clock);
    options.onUnmocked(call);
    throw new ActionError(`no mock answers this call of ${call.action}, and it is not allowed to run for real`, {
      code: 'HEDDLE_REHEARSAL_UNMOCKED',
      retryable: false,
    });
  };
}

function answer(mock: Mock, call: ActionCall, options: AnswerOptions): unknown {
  const { clock } = options;
  if (mock.status === 'never' || (mock.status === 'timed_out' && options.hasTimeout(call.task))) return forever(call);
  if (mock.status === 'succeeded') options.onResult(mock, call);
  if (mock.delayMs === 0) return settle(mock, call);
  return wait(mock.delayMs, call, clock).then(() => settle(mock, call));
}

function settle(mock: Mock, call: ActionCall): unknown {
  if (mock.status === 'succeeded') return mock.result;
  if (mock.status === 'timed_out') {
    throw new HeddleError('HEDDLE_TIMEOUT', mock.error?.message ?? `the rehearsal let ${call.action} time out`);
  }
  const { message, code, retryable } = mock.error ?? {};
  throw new ActionError(message ?? `the rehearsal let ${call.action} fail`, {
    result: mock.result,
    ...(code === undefined ? {} : { code }),
    ...(retryable === undefined ? {} : { retryable }),
  });
}

/** Virtual time, in place of the real time that the action would take. */
function sleep(call: ActionCall, clock: VirtualClock): unknown {
  const { duration } = call.input as { readonly duration?: unknown };
  const delayMs = typeof duration === 'number' ? duration * 1000 : (parseDuration(String(duration)) ?? 0);
  return wait(delayMs, call, clock).then(() => null);
}

/** Lets time stand still until a real action has ended. */
function held(value: unknown, clock: VirtualClock): unknown {
  if (!(value instanceof Promise)) return value;
  return value.finally(clock.hold());
}

function wait(delayMs: number, call: ActionCall, clock: VirtualClock): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(delayMs, resolve);
    onAbort(call.signal, (reason) => {
      clock.clearTimer(timer);
      reject(reason);
    });
  });
}

/** Ends only when it is aborted. */
function forever(call: ActionCall): Promise<never> {
  return new Promise((_, reject) => {
    onAbort(call.signal, reject);
  });
}

function onAbort(signal: AbortSignal, act: (reason: Error) => void): void {
  const abort = (): void => {
    const reason: unknown = signal.reason;
    act(reason instanceof Error ? reason : new HeddleError('HEDDLE_CANCELLED', 'the call was aborted'));
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
}
