import type { ImportSource, Sourced, SourcedEntry, SourcedMapping, SourcedSequence } from '../source.ts';
import { publishedNames } from './variables.ts';

/** One transition, as far as it matters who runs beside whom. */
interface Edge {
  readonly from: string;
  readonly to: readonly string[];
  readonly publish: SourcedEntry | undefined;
  readonly names: readonly string[];
}

/**
 * Reports names that branches running side by side publish on their way into one task that is no join. In Orquesta
 * each way has its own value, here the last one wins.
 */
export function reportSharedNames(source: ImportSource, tasks: readonly SourcedEntry[]): void {
  const edges = tasks.flatMap((task) => edgesOf(source, task));
  const graph = new Graph(
    tasks.map(({ name }) => name),
    edges,
  );
  for (const task of tasks) {
    if (entryOf(source, task, 'join') !== undefined) continue;
    const inbound = edges.filter((edge) => edge.publish !== undefined && edge.to.includes(task.name));
    for (const [index, edge] of inbound.entries()) {
      const beside = inbound.slice(0, index).filter((other) => graph.areParallel(other.from, edge.from));
      for (const other of beside) {
        const name = edge.names.find((each) => other.names.includes(each));
        if (name === undefined || edge.publish === undefined) continue;
        source.changed(
          edge.publish.path,
          `'${name}' is published beside '${other.from}' on the way into '${task.name}': Orquesta keeps a value for each way, ` +
            'heddle one for the run. Give each its own name, or read result() where it is needed.',
        );
        break;
      }
    }
  }
}

function edgesOf(source: ImportSource, task: SourcedEntry): Edge[] {
  const next = entryOf(source, task, 'next');
  if (next?.node.kind !== 'sequence') return [];
  return source.items(next as Sourced as SourcedSequence).map((item) => {
    const publish = entryOf(source, item, 'publish');
    return {
      from: task.name,
      to: targetsOf(source, entryOf(source, item, 'do')),
      publish,
      names: publish === undefined ? [] : publishedNames(source, publish),
    };
  });
}

/** The names in a `do`. */
function targetsOf(source: ImportSource, entry: SourcedEntry | undefined): string[] {
  if (entry?.node.kind === 'scalar') return entry.node.text.split(',').map((name) => name.trim());
  if (entry?.node.kind !== 'sequence') return [];
  const items = source.items(entry as Sourced as SourcedSequence);
  return items.map(({ node }) => (node.kind === 'scalar' ? node.text.trim() : ''));
}

function entryOf(source: ImportSource, from: Sourced, name: string): SourcedEntry | undefined {
  if (from.node.kind !== 'mapping') return undefined;
  return source.entries(from as SourcedMapping).find((entry) => entry.name === name);
}

/** Which tasks lead where. */
class Graph {
  readonly #next = new Map<string, Set<string>>();
  readonly #reached = new Map<string, ReadonlySet<string>>();
  /** Tasks that start together: those that nothing leads to, and those of one `do`. */
  readonly #forks: readonly (readonly string[])[];

  constructor(tasks: readonly string[], edges: readonly Edge[]) {
    for (const task of tasks) this.#next.set(task, new Set());
    for (const { from, to } of edges) for (const each of to) this.#next.get(from)?.add(each);
    const led = new Set(edges.flatMap(({ from, to }) => to.filter((each) => each !== from)));
    this.#forks = [tasks.filter((task) => !led.has(task)), ...edges.map(({ to }) => to)].filter(
      (fork) => fork.length > 1,
    );
  }

  /** Whether two tasks stand on branches of their own: a fork leads to one of them here, and to the other there. */
  areParallel(left: string, right: string): boolean {
    const leadsOnlyTo = (branch: string, task: string, other: string): boolean =>
      this.#reach(branch).has(task) && !this.#reach(branch).has(other);
    return this.#forks.some(
      (fork) =>
        fork.some((branch) => leadsOnlyTo(branch, left, right)) &&
        fork.some((branch) => leadsOnlyTo(branch, right, left)),
    );
  }

  /** A task and all that it leads to. */
  #reach(task: string): ReadonlySet<string> {
    const known = this.#reached.get(task);
    if (known !== undefined) return known;
    const found = new Set([task]);
    for (const each of found) for (const next of this.#next.get(each) ?? []) found.add(next);
    this.#reached.set(task, found);
    return found;
  }
}
