import type { EndStatus, Outcome } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import { CONTEXT_FUNCTIONS, HOST_FUNCTIONS, type CallBinding } from '../expression/index.ts';
import type { Scope } from './plan.ts';

type Calls = Readonly<Record<string, CallBinding>>;

function ofStatus(status: EndStatus): CallBinding {
  return {
    minArguments: 0,
    maxArguments: 0,
    call: (scope: Scope) => (scope.outcome as Outcome).status === status,
    code: `s.outcome.status===${JSON.stringify(status)}`,
  };
}

/** Functions of the execution that just completed. */
export const OUTCOME_CALLS: Calls = {
  result: {
    minArguments: 0,
    maxArguments: 0,
    call: (scope: Scope) => (scope.outcome as Outcome).result,
    code: 's.outcome.result',
  },
  error: {
    minArguments: 0,
    maxArguments: 0,
    call: (scope: Scope) => (scope.outcome as Outcome).error,
    code: 's.outcome.error',
  },
  status: {
    minArguments: 0,
    maxArguments: 0,
    call: (scope: Scope) => (scope.outcome as Outcome).status,
    code: 's.outcome.status',
  },
  succeeded: ofStatus('succeeded'),
  failed: ofStatus('failed'),
  timed_out: ofStatus('timed_out'),
  cancelled: ofStatus('cancelled'),
  skipped: ofStatus('skipped'),
  completed: { minArguments: 0, maxArguments: 0, call: () => true, code: 'true' },
};

function ofTask(read: (outcome: Outcome | undefined) => unknown): CallBinding {
  return {
    minArguments: 1,
    maxArguments: 1,
    call: (scope: Scope, name: unknown) => {
      const slot = typeof name === 'string' ? scope.base.shape.tasks.find(name) : undefined;
      if (slot === undefined) {
        const tasks = scope.base.shape.tasks.names.join(', ');
        throw new HeddleError(
          'HEDDLE_EXPRESSION_VALUE',
          `there is no task ${JSON.stringify(name)}; there are: ${tasks}`,
        );
      }
      return read(scope.base.outcomes[slot]);
    },
  };
}

const NO_ITEMS = Object.freeze({ total: 0, succeeded: 0, failed: 0, skipped: 0 });

/** Functions of a task by its name. */
export const TASK_CALLS: Calls = {
  status: ofTask((outcome) => outcome?.status ?? 'pending'),
  attempts: ofTask((outcome) => outcome?.attempts ?? 0),
  stats: ofTask((outcome) => outcome?.items?.stats ?? NO_ITEMS),
  failures: ofTask((outcome) => outcome?.items?.failures ?? []),
};

/** Functions that ask the outside world, through what the run was handed. */
export const CONTEXT_CALLS: Calls = Object.fromEntries(
  CONTEXT_FUNCTIONS.filter((entry) => entry.needs === 'host').map(({ name, min, max }) => {
    const implementation = HOST_FUNCTIONS.get(name) as NonNullable<ReturnType<typeof HOST_FUNCTIONS.get>>;
    const call = (scope: Scope, ...values: unknown[]): unknown => implementation(scope.base.constants.ports, ...values);
    return [name, { minArguments: min, maxArguments: max, call }];
  }),
);
