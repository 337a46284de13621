import type { ContextVersion } from '../context/index.ts';
import { WorkflowContext } from '../context/index.ts';
import type { HeddleError } from '../errors/index.ts';
import type { RenderFrozen, TaskPlan } from '../plan/plan.ts';
import { Invocation } from './invocation.ts';
import type { RunServices } from './services.ts';
import type { Execution } from './state.ts';

/** What a burst is given, and where it leaves what it could not finish itself. */
export interface BurstFrame {
  readonly services: RunServices;
  readonly task: TaskPlan;
  readonly execution: Execution;
  readonly base: ContextVersion;
  readonly render: RenderFrozen;
  /** Given to `render` for what iterations share. */
  readonly freeze: (value: object) => void;
  readonly validate: ((input: unknown) => HeddleError | null) | null;
  readonly run: (input: never, context: Invocation) => unknown;
  /** Null: results are not kept. */
  readonly results: unknown[] | null;
  /** Set from outside, by an action that has its own task aborted: no further iteration is started. */
  isStopped: boolean;
  /** Whether the burst stopped at an iteration that somebody else has to take over. */
  isUnfinished: boolean;
  /** How the iteration at which the burst stopped stands: `rendering` and `calling` threw `thrown`. */
  stage: 'rendering' | 'calling' | 'called';
  scope: WorkflowContext | null;
  invocation: Invocation | null;
  value: unknown;
  thrown: unknown;
}

/** Runs iterations `from` up to `end` over `list[from - offset]`; gives the index it stopped at, `end` if at none. */
export type Burst = (frame: BurstFrame, list: readonly unknown[], offset: number, from: number, end: number) => number;

type Classes = { readonly Context: typeof WorkflowContext; readonly Call: typeof Invocation };

/**
 * The loop over iterations whose action answers at once: fork, render, call, collect, and nothing else. It stops at the
 * first that does not simply succeed. Self-contained, because {@link createBurst} makes copies of its text.
 */
function bind({ Context, Call }: Classes): Burst {
  return (frame, list, offset, from, end) => {
    const { services, task, execution, base, render, freeze, validate, run, results } = frame;
    let index = from;
    frame.isUnfinished = false;
    let stage: BurstFrame['stage'] = 'rendering';
    let scope: WorkflowContext | null = null;
    let invocation: Invocation | null = null;
    try {
      for (; index < end && !frame.isStopped; index++) {
        stage = 'rendering';
        scope = new Context(base, list[index - offset], index);
        const input = render(scope, freeze);
        if (validate !== null) {
          const problem = validate(input);
          if (problem !== null) throw problem;
        }
        stage = 'calling';
        invocation = new Call(services, task, execution, index, 1);
        const value = run(input as never, invocation);
        const type = typeof value;
        if (type === 'undefined') {
          if (results !== null) results[index] = null;
          continue;
        }
        const isSimple =
          type === 'object'
            ? value === null || !('then' in (value as object))
            : type !== 'function' && type !== 'symbol';
        if (!isSimple) {
          frame.isUnfinished = true;
          frame.stage = 'called';
          frame.scope = scope;
          frame.invocation = invocation;
          frame.value = value;
          return index;
        }
        if (results !== null) results[index] = value;
      }
    } catch (error) {
      frame.isUnfinished = true;
      frame.stage = stage;
      frame.scope = scope;
      frame.thrown = error;
      return index;
    }
    return index;
  };
}

const bursts = new WeakMap<TaskPlan, Burst>();

/**
 * The loop for one task. V8 optimises a function for what it has seen: one loop shared by all tasks would see every
 * renderer and every action of the process and inline none (370 ns an iteration instead of 10). So each task gets a copy
 * of the loop's text as a function of its own; the text is heddle's, nothing of an author is in it.
 */
export function burstOf(task: TaskPlan): Burst {
  let burst = bursts.get(task);
  if (burst === undefined) {
    const copy = Reflect.construct(Function, [`"use strict";return ${bind.toString()}`]) as () => typeof bind;
    burst = copy()({ Context: WorkflowContext, Call: Invocation });
    bursts.set(task, burst);
  }
  return burst;
}
