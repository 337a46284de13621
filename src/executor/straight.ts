import type { ContextVersion } from '../context/index.ts';
import { WorkflowContext } from '../context/index.ts';
import type { HeddleError } from '../errors/index.ts';
import type { RenderFrozen, TaskPlan } from '../plan/plan.ts';
import { Invocation } from './invocation.ts';
import type { RunServices } from './services.ts';
import type { Execution } from './state.ts';
import type { Handlers } from './unit.ts';

/**
 * What an iteration was at when it left the straight way: `rendering` and `calling` threw, `awaiting` was refused, and
 * `called` gave a value that is not simply taken.
 */
export type Stage = 'rendering' | 'calling' | 'awaiting' | 'called';

/** What the loops over the iterations of one execution share, and what becomes of those that leave them. */
export interface StraightFrame {
  readonly services: RunServices;
  readonly task: TaskPlan;
  readonly execution: Execution;
  readonly base: ContextVersion;
  readonly render: RenderFrozen;
  /** Given to `render` for what iterations share. */
  readonly freeze: (value: object) => void;
  /** Whether a lane freezes each element it takes; of those a burst runs over, the owner has. */
  readonly freezesElements: boolean;
  readonly validate: ((input: unknown) => HeddleError | null) | null;
  readonly run: (input: never, context: Invocation) => unknown;
  /** Null: results are not kept. */
  readonly results: unknown[] | null;
  readonly owner: StraightOwner;
  /** Elements at hand: iteration `index` takes `list[index - offset]`. */
  list: readonly unknown[];
  offset: number;
  /** Index of the next iteration to start; those from `end` on have to be asked for. */
  next: number;
  end: number;
  /** Iterations that succeeded and have not been counted yet. */
  done: number;
  /** No further iteration is started. */
  isStopped: boolean;
  /** Nor is any awaited any longer. */
  isAborted: boolean;
  /** The lane that is at work right now, and waits for nothing. */
  stepping: Lane | null;
}

/** An iteration that a loop leaves to others. */
export interface Leftover {
  readonly stage: Stage;
  readonly invocation: Invocation;
  /** What it gave, or threw. */
  readonly value: unknown;
}

/** Who takes over where a loop ends. */
export interface StraightOwner {
  /** Whether there are further elements to take now; moves `end`. */
  more(): boolean;
  /** An iteration of a lane has succeeded. Only called where {@link wantsProgress}. */
  progressed(): void;
  readonly wantsProgress: boolean;
  /** An iteration needs more than the loop gives it: `value` is what it gave, or threw. The lane is over. */
  takeOver(lane: Lane, stage: Stage, value: unknown): void;
  /** A lane has nothing more to do. */
  laneEnded(lane: Lane): void;
}

/** One of the iterations that are in flight at once; it takes the next as soon as one has ended. */
export interface Lane {
  /** Of its iteration. */
  invocation: Invocation;
  /** Who is to be told what it waits for, instead of going on. */
  heir: Handlers | null;
}

type Step = (frame: StraightFrame, lane: Lane, awaited: unknown) => PromiseLike<unknown> | null;

/** The loops for one task. */
export interface StraightLoops {
  /** Runs iterations whose action answers at once, up to `end`; gives the first that does not simply succeed. */
  readonly burst: (frame: StraightFrame) => Leftover | null;
  /**
   * Collects what an iteration of a lane gave, and goes on with the next until one has to be awaited; gives its promise,
   * or null where the lane is over.
   */
  readonly step: Step;
  /**
   * Awaits one iteration of a lane after the other. It keeps nothing else over an `await`: V8 saves and restores every
   * variable of an asynchronous function there.
   */
  readonly lane: (step: Step, frame: StraightFrame, lane: Lane, first: PromiseLike<unknown>) => Promise<void>;
}

type Classes = { readonly Context: typeof WorkflowContext; readonly Call: typeof Invocation };

/**
 * The loops over iterations of a plain task: fork, render, call, collect, and nothing else. Self-contained, because
 * {@link loopsOf} makes copies of their text.
 */
function bind({ Context, Call }: Classes): StraightLoops {
  return {
    burst: (frame) => {
      const { services, task, execution, base, render, freeze, validate, run, results, list, offset, end } = frame;
      const from = frame.next;
      let index = from;
      let stage: Stage = 'rendering';
      let left: Leftover | null = null;
      try {
        for (; index < end && !frame.isStopped; index++) {
          stage = 'rendering';
          const scope = new Context(base, list[index - offset], index);
          const input = render(scope, freeze);
          if (validate !== null) {
            const problem = validate(input);
            if (problem !== null) throw problem;
          }
          stage = 'calling';
          const invocation = new Call(services, task, execution, scope);
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
            left = { stage: 'called', invocation, value };
            break;
          }
          if (results !== null) results[index] = value;
        }
      } catch (error) {
        // Made anew: scopes and calls that no other path holds on to are never allocated where V8 sees through the action.
        const scope = new Context(base, list[index - offset], index);
        left = { stage, invocation: new Call(services, task, execution, scope), value: error };
      }
      frame.done += index - from;
      frame.next = left === null ? index : index + 1;
      return left;
    },
    step: (frame, lane, awaited) => {
      const { services, task, execution, base, render, freeze, freezesElements, validate, run, results, owner } = frame;
      const { wantsProgress } = owner;
      let { index } = Call.scopeOf(lane.invocation);
      let value = awaited;
      let stage: Stage = 'called';
      frame.stepping = lane;
      try {
        for (;;) {
          const type = typeof value;
          if (type === 'object') {
            if (value !== null && 'then' in (value as object)) {
              if (frame.isAborted) break;
              frame.stepping = null;
              return value as PromiseLike<unknown>;
            }
          } else if (type === 'function' || type === 'symbol') break;
          if (results !== null) results[index] = value === undefined ? null : value;
          frame.done++;
          if (wantsProgress) owner.progressed();
          if (frame.isStopped || (frame.next >= frame.end && !owner.more())) {
            frame.stepping = null;
            owner.laneEnded(lane);
            return null;
          }
          index = frame.next++;
          stage = 'rendering';
          const item = frame.list[index - frame.offset];
          if (freezesElements && typeof item === 'object' && item !== null) freeze(item);
          const scope = new Context(base, item, index);
          const invocation = new Call(services, task, execution, scope);
          lane.invocation = invocation;
          const input = render(scope, freeze);
          if (validate !== null) {
            const problem = validate(input);
            if (problem !== null) throw problem;
          }
          stage = 'calling';
          value = run(input as never, invocation);
          stage = 'called';
        }
      } catch (error) {
        value = error;
      }
      frame.stepping = null;
      owner.takeOver(lane, stage, value);
      return null;
    },
    lane: async (step, frame, lane, first) => {
      let promise: PromiseLike<unknown> | null = first;
      do {
        let value: unknown;
        try {
          value = await promise;
        } catch (error) {
          if (lane.heir === null) frame.owner.takeOver(lane, 'awaiting', error);
          else lane.heir.error(error);
          return;
        }
        if (lane.heir !== null) {
          lane.heir.value(value);
          return;
        }
        promise = step(frame, lane, value);
      } while (promise !== null);
    },
  };
}

const loops = new WeakMap<TaskPlan, StraightLoops>();

/**
 * The loops for one task. V8 optimises a function for what it has seen: one loop shared by all tasks would see every
 * renderer and every action of the process and inline none (370 ns an iteration instead of 10). So each task gets a copy
 * of the loops' text as functions of its own; the text is heddle's, nothing of an author is in it.
 */
export function loopsOf(task: TaskPlan): StraightLoops {
  let own = loops.get(task);
  if (own === undefined) {
    const copy = Reflect.construct(Function, [`"use strict";return ${bind.toString()}`]) as () => typeof bind;
    own = copy()({ Context: WorkflowContext, Call: Invocation });
    loops.set(task, own);
  }
  return own;
}
