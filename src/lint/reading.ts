import { analyse, type CallReference, type Names, type Reference } from '../expression/index.ts';
import { compileValue, parseCondition } from '../template/index.ts';
import type { Located, TaskDefinition, TransitionDefinition, WorkflowDefinition } from '../workflow/index.ts';

/** What the templates and expressions of a workflow read. `all`: by names that are known only while it runs. */
export interface Reading {
  /** Variables, with those whose own value is all that reads them left out. */
  readonly variables: ReadonlySet<string> | 'all';
  readonly parameters: ReadonlySet<string> | 'all';
  /** Tasks whose results are read, by their own transitions too. */
  readonly results: ReadonlySet<string> | 'all';
}

/** Binds every name: what is wrong with a name is the plan's to say. */
const ANY_NAME: Names = {
  bind: () => ({ code: 'undefined', consumed: 0, noun: '' }),
  bindCall: () => undefined,
  calls: [],
};

const VARIABLE_ROOTS: ReadonlySet<string> = new Set(['workflow', 'vars', 'variables']);
const OTHER_ROOTS: ReadonlySet<string> = new Set(['config', 'keystore', 'secrets', 'system', 'item', 'index']);

/** Finds what a workflow reads. */
export function readingOf(definition: WorkflowDefinition): Reading {
  const reader = new Reader();
  for (const { name, value } of definition.vars) reader.value(value, { variable: name });
  for (const task of definition.tasks) readTask(reader, task);
  for (const { value } of definition.output) reader.value(value, {});
  return {
    variables: reader.variables.result,
    parameters: reader.parameters.result,
    results: reader.results.result,
  };
}

/** Names that were read, until one was read that nobody knows. */
class NameSet {
  readonly #names = new Set<string>();
  #isAll = false;

  add(name: string | undefined): void {
    if (name === undefined) this.#isAll = true;
    else this.#names.add(name);
  }

  get result(): ReadonlySet<string> | 'all' {
    return this.#isAll ? 'all' : this.#names;
  }
}

/** Where a text stands. */
interface Standing {
  /** The variable whose value it is: a counter that only counts itself up is not read. */
  readonly variable?: string;
  /** The task it belongs to. */
  readonly task?: TaskDefinition;
  /** Whether `result()` is the result of that task, and not that of an iteration. */
  readonly isCompletion?: boolean;
}

class Reader {
  readonly variables = new NameSet();
  readonly parameters = new NameSet();
  readonly results = new NameSet();

  /** A literal, or a value with templates at any depth. */
  value(value: unknown, standing: Standing, raw?: true | readonly string[]): void {
    const { references, calls } = compileValue(value, ANY_NAME, raw === undefined ? {} : { raw });
    this.#take(references, calls, standing);
  }

  /** An expression, delimiters optional. */
  expression(located: Located<string> | undefined, standing: Standing): void {
    const node = located === undefined ? null : parseCondition(located.value).node;
    if (node === null) return;
    const { references, calls } = analyse(node, ANY_NAME);
    this.#take(references, calls, standing);
  }

  #take(references: readonly Reference[], calls: readonly CallReference[], standing: Standing): void {
    for (const reference of references) this.#reference(reference, standing);
    const { task, isCompletion } = standing;
    if (isCompletion === true && task !== undefined && calls.some((call) => call.name === 'result'))
      this.results.add(task.name);
  }

  #reference({ root, path }: Reference, { variable, task }: Standing): void {
    const [first] = path;
    if (root === 'parameters') this.parameters.add(first);
    else if (root === 'task' || root === 'tasks') this.results.add(first);
    else if (VARIABLE_ROOTS.has(root)) {
      if (first === undefined || first !== variable) this.variables.add(first);
    } else if (!OTHER_ROOTS.has(root) && root !== task?.withItems?.as?.value && root !== variable) {
      this.variables.add(root);
    }
  }
}

function readTask(reader: Reader, task: TaskDefinition): void {
  const { withItems, retry, cache } = task;
  const inside: Standing = { task };
  reader.value(task.input, inside, task.raw);
  reader.expression(task.when, inside);
  for (const located of [task.timeoutMs, task.taskTimeoutMs, task.delayMs, retry?.delayMs, withItems?.concurrency])
    reader.value(located?.value, inside);
  reader.expression(retry?.when, { task, isCompletion: withItems === undefined });
  reader.value(cache?.key.value, inside);
  if (withItems !== undefined) {
    const { source } = withItems;
    reader.value(source.kind === 'value' ? source.value : source.file, {});
    reader.expression(withItems.key, inside);
    for (const { expression } of withItems.aggregate ?? []) reader.expression(expression, inside);
  }
  for (const transition of task.next) readTransition(reader, transition, task);
}

function readTransition(
  reader: Reader,
  { when, also = [], not = [], publish }: TransitionDefinition,
  task: TaskDefinition,
): void {
  for (const condition of [when, ...also, ...not]) reader.expression(condition, { task, isCompletion: true });
  for (const { name, value } of publish) {
    const variable = name.split('.', 1)[0] as string;
    reader.value(value, { variable, task, isCompletion: true });
  }
}
