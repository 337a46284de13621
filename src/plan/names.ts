import { Variables, type ContextShape } from '../context/index.ts';
import type { Binding, CallBinding, CallProblem, NameProblem, Names } from '../expression/names.ts';
import { CONTEXT_CALLS, OUTCOME_CALLS, TASK_CALLS } from './calls.ts';
import { nearest } from '../errors/nearest.ts';

/** Where an expression stands, which decides what it may name. */
export interface Place {
  /** `item`, `index` and this name are there. Null: outside an iteration. */
  readonly iteration: { readonly as: string | null } | null;
  /** `result()`, `error()` and the status functions are there. */
  readonly completion: boolean;
  /** The slot of the task it belongs to; -1: none (`vars`, `output`). */
  readonly task: number;
}

/** Names the plan binds to slots and fields of a context. */
export interface KnownNames {
  readonly shape: ContextShape;
  /** Names of the parameters; null: the workflow declares none, so any may be given. */
  readonly parameters: readonly string[] | null;
  /** Whether variables that nothing declares are allowed: in a context that is no workflow's. */
  readonly open: boolean;
}

const SYSTEM: Readonly<Record<string, (task: number) => string>> = {
  run_id: () => 's.base.constants.runId',
  workflow: () => 's.base.constants.workflow',
  started_at: () => 'new Date(s.base.constants.startedAtMs).toISOString()',
  task: (task) => (task < 0 ? 'null' : `s.base.shape.tasks.names[${task}]`),
  attempt: () => 's.attempt',
};
const ROOTS = [
  'parameters',
  'workflow',
  'vars',
  'variables',
  'task',
  'tasks',
  'config',
  'keystore',
  'secrets',
  'system',
];

/** Binds names to the slots of a plan's contexts, as seen from one place of a workflow. */
export class PlanNames implements Names {
  readonly #known: KnownNames;
  readonly #place: Place;

  constructor(known: KnownNames, place: Place) {
    this.#known = known;
    this.#place = place;
  }

  get calls(): readonly string[] {
    return [...Object.keys(OUTCOME_CALLS), ...Object.keys(TASK_CALLS), ...Object.keys(CONTEXT_CALLS)];
  }

  bind(root: string, path: readonly string[]): Binding | NameProblem {
    const { iteration } = this.#place;
    switch (root) {
      case 'item':
      case 'index':
        return iteration === null ? outside(root) : field(`s.${root}`, `'${root}'`);
      case 'parameters':
        return this.#bindParameters(path);
      case 'workflow':
      case 'vars':
      case 'variables':
        return path[0] === undefined
          ? field('s.base.variables.toObject()', 'the variables')
          : this.#bindVariable(path[0], 1, 1);
      case 'task':
      case 'tasks':
        return this.#bindTask(path);
      case 'config':
        return field('s.base.constants.config', 'config');
      case 'keystore':
      case 'secrets':
        return field('s.base.constants.keystore', 'keystore');
      case 'system':
        return this.#bindSystem(path);
      default:
        if (iteration !== null && root === iteration.as) return field('s.item', `'${root}'`);
        return this.#bindVariable(root, 0, 0);
    }
  }

  bindCall(name: string, literals: readonly (string | undefined)[]): CallBinding | CallProblem | undefined {
    if (Object.hasOwn(TASK_CALLS, name) && !(name === 'status' && literals.length === 0 && this.#place.completion)) {
      const [task] = literals;
      if (task !== undefined && !this.#known.open && this.#known.shape.tasks.find(task) === undefined) {
        return {
          problem: 'HEDDLE_UNKNOWN_TASK',
          message: `there is no task '${task}'`,
          at: 0,
          ...this.#suggestTask(task),
        };
      }
      return TASK_CALLS[name];
    }
    if (Object.hasOwn(OUTCOME_CALLS, name)) {
      if (this.#place.completion) return OUTCOME_CALLS[name];
      const message = `${name}() is known only in transitions, in retry.when and in aggregations`;
      return { problem: 'HEDDLE_UNKNOWN_FUNCTION', message, at: -1 };
    }
    return Object.hasOwn(CONTEXT_CALLS, name) ? CONTEXT_CALLS[name] : undefined;
  }

  #bindParameters(path: readonly string[]): Binding | NameProblem {
    const { parameters } = this.#known;
    const [name] = path;
    if (parameters !== null && name !== undefined && !parameters.includes(name)) {
      return unknown(`there is no parameter '${name}'`, 1, name, parameters);
    }
    return field('s.base.constants.parameters', 'parameters');
  }

  #bindVariable(name: string, at: number, consumed: number): Binding | NameProblem {
    const { shape, open } = this.#known;
    let slot = shape.variables.find(name);
    if (slot === undefined && open) slot = shape.variables.slot(name);
    if (slot === undefined) return this.#unknownVariable(name, at);
    return {
      code: Variables.codeOf('s.base.variables', slot),
      consumed,
      noun: `variable '${name}'`,
      candidates: (scope: { readonly base: { readonly variables: Variables } }) => scope.base.variables.names(),
    };
  }

  #unknownVariable(name: string, at: number): NameProblem {
    const variables = this.#known.shape.variables.names;
    if (at > 0) return unknown(`there is no variable '${name}'`, at, name, variables);
    if (this.#place.completion && Object.hasOwn(OUTCOME_CALLS, name))
      return { ...unknownName(name), suggestion: `${name}()` };
    const { parameters, shape } = this.#known;
    if (parameters?.includes(name) === true) return { ...unknownName(name), suggestion: `parameters.${name}` };
    if (shape.tasks.find(name) !== undefined) return { ...unknownName(name), suggestion: `task.${name}` };
    const own = this.#place.iteration === null ? [] : ['item', 'index', ...[this.#place.iteration.as ?? []].flat()];
    return unknown(unknownName(name).message, 0, name, [...variables, ...own, ...ROOTS]);
  }

  #bindTask(path: readonly string[]): Binding | NameProblem {
    const [name] = path;
    if (name === undefined) return field('s.base.results()', 'the results');
    const { shape, open } = this.#known;
    const slot = open ? shape.tasks.slot(name) : shape.tasks.find(name);
    if (slot === undefined) {
      return {
        problem: 'HEDDLE_UNKNOWN_TASK',
        message: `there is no task '${name}'`,
        at: 1,
        ...this.#suggestTask(name),
      };
    }
    return {
      code: `s.base.outcomes[${slot}]?.result`,
      consumed: 1,
      noun: `result of task '${name}'`,
      candidates: (scope: { readonly base: { results(): Record<string, unknown> } }) =>
        Object.keys(scope.base.results()),
      selfFields: ['result', 'data'],
    };
  }

  #bindSystem(path: readonly string[]): Binding | NameProblem {
    const [name] = path;
    if (name === undefined) {
      const fields = Object.entries(SYSTEM).map(([key, code]) => `${key}:${code(this.#place.task)}`);
      return field(`({${fields.join(',')}})`, 'system');
    }
    const code = Object.hasOwn(SYSTEM, name) ? SYSTEM[name] : undefined;
    if (code === undefined) return unknown(`'system' has no '${name}'`, 1, name, Object.keys(SYSTEM));
    return { code: code(this.#place.task), consumed: 1, noun: `system.${name}` };
  }

  #suggestTask(name: string): { suggestion?: string } {
    const suggestion = nearest(name, this.#known.shape.tasks.names);
    return suggestion === undefined ? {} : { suggestion };
  }
}

function field(code: string, noun: string): Binding {
  return { code, consumed: 0, noun };
}

function outside(name: string): NameProblem {
  return {
    problem: 'HEDDLE_ITEM_OUTSIDE',
    message: `'${name}' is known only in an iteration of a task with with-items`,
    at: 0,
  };
}

function unknownName(name: string): NameProblem {
  const message = `'${name}' is no variable and no other name that is known here`;
  return { problem: 'HEDDLE_UNKNOWN_NAME', message, at: 0 };
}

function unknown(message: string, at: number, name: string, candidates: readonly string[]): NameProblem {
  const suggestion = nearest(name, candidates);
  return { problem: 'HEDDLE_UNKNOWN_NAME', message, at, ...(suggestion === undefined ? {} : { suggestion }) };
}
