import { isCommand, type ModelTask } from './workflow.ts';

/** The shape of the workflow: who leads to whom. */
export class Graph {
  readonly #tasks: readonly ModelTask[];

  constructor(tasks: readonly ModelTask[]) {
    this.#tasks = tasks;
  }

  /** The task of that name; an unknown name is a mistake of the test. */
  task(name: string): ModelTask {
    const found = this.#tasks.find((task) => task.name === name);
    if (found === undefined) throw new Error(`no task ${name}`);
    return found;
  }

  /** Tasks that name this one in a `do`. */
  sources(target: ModelTask): readonly ModelTask[] {
    return this.#tasks.filter((task) => task.next.some((transition) => transition.do.includes(target.name)));
  }

  /** Everything that can come after a task, itself only where it is on a cycle. */
  after(task: ModelTask): ReadonlySet<ModelTask> {
    const found = new Set<ModelTask>();
    const visit = (from: ModelTask): void => {
      const named = from.next.flatMap((transition) => transition.do).filter((name) => !isCommand(name));
      const needing = this.#tasks.filter((other) => other.needs?.includes(from.name));
      for (const to of [...named.map((name) => this.task(name)), ...needing]) {
        if (found.has(to)) continue;
        found.add(to);
        visit(to);
      }
    };
    visit(task);
    return found;
  }

  /** Whether each transition that leads here starts the task on a route of its own. */
  isSplit(task: ModelTask): boolean {
    if (task.join !== undefined || task.needs !== undefined || this.after(task).has(task)) return false;
    const naming = this.#tasks.flatMap((source) => source.next.filter(({ do: names }) => names.includes(task.name)));
    return naming.length > 1;
  }

  /** Where a run begins: what only itself or a cycle with it leads to, and of such a cycle the first in the file. */
  entries(): readonly ModelTask[] {
    return this.#tasks.filter((task, position) => {
      const leadHere = this.#tasks.filter((other) => other !== task && this.after(other).has(task));
      const mates = leadHere.filter((other) => this.after(task).has(other));
      return leadHere.length === mates.length && mates.every((mate) => this.#tasks.indexOf(mate) > position);
    });
  }
}
