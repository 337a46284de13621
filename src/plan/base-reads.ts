import type { ContextShape } from '../context/index.ts';
import { TASK_CALLS } from './calls.ts';
import type { BaseReads } from './plan.ts';
import type { TextReference } from './text-compiler.ts';

/** What texts may read of a run's context. */
export function baseReadsOf(shape: ContextShape, references: readonly TextReference[]): BaseReads {
  const reads = new Reads(shape);
  for (const text of references) reads.add(text);
  return reads.result();
}

/** Collects names; `all` where one is known only while it is evaluated. */
class Names<T> {
  readonly #names = new Set<T>();
  #isAll = false;

  add(name: T | undefined): void {
    if (name === undefined) this.#isAll = true;
    else this.#names.add(name);
  }

  get list(): readonly T[] | 'all' {
    return this.#isAll ? 'all' : [...this.#names];
  }
}

class Reads {
  readonly #shape: ContextShape;
  readonly #parameters = new Names<string>();
  readonly #variables = new Names<number>();
  readonly #tasks = new Names<number>();

  constructor(shape: ContextShape) {
    this.#shape = shape;
  }

  add({ reference, call, place }: TextReference): void {
    if (call !== undefined && Object.hasOwn(TASK_CALLS, call.name)) this.#addCall(call.literals, place.completion);
    if (reference === undefined) return;
    const { root, path } = reference;
    const [name] = path;
    switch (root) {
      case 'parameters':
        this.#parameters.add(name);
        return;
      case 'workflow':
      case 'vars':
      case 'variables':
        this.#addVariable(name);
        return;
      case 'task':
      case 'tasks':
        this.#tasks.add(name === undefined ? undefined : this.#shape.tasks.find(name));
        return;
      default: {
        const slot = this.#shape.variables.find(root);
        if (slot !== undefined) this.#variables.add(slot);
      }
    }
  }

  result(): BaseReads {
    return { parameters: this.#parameters.list, variables: this.#variables.list, tasks: this.#tasks.list };
  }

  #addVariable(name: string | undefined): void {
    this.#variables.add(name === undefined ? undefined : this.#shape.variables.find(name));
  }

  #addCall([task]: readonly (string | undefined)[], isCompletion: boolean): void {
    if (task !== undefined) this.#tasks.add(this.#shape.tasks.find(task));
    // `status()` of what just completed names no task.
    else if (!isCompletion) this.#tasks.add(undefined);
  }
}
