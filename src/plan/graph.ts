import type { OrderMode, TaskDefinition, WorkflowDefinition } from '../workflow/definition.ts';

/** An edge between tasks by slot. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly kind: 'transition' | 'needs' | 'data' | 'sequence';
  /** Index of the transition in the source's `next`. */
  readonly transition?: number;
}

/** The order of a workflow's tasks, derived from its definition; tasks are slots, in file order. */
export interface TaskGraph {
  readonly mode: OrderMode;
  readonly slots: ReadonlyMap<string, number>;
  readonly edges: readonly Edge[];
  /** Edges by target, self-loops included. */
  readonly inbound: readonly (readonly Edge[])[];
  readonly outbound: readonly (readonly Edge[])[];
  /** Number of the strongly connected component of each task. */
  readonly component: readonly number[];
  readonly onCycle: readonly boolean[];
  /** Whether each transition that leads to a task opens a route. */
  readonly splits: readonly boolean[];
  /** Tasks that start at once. */
  readonly starts: readonly number[];
}

/** References between tasks that `order: dataflow` turns into edges: reader → tasks whose results it reads. */
export type DataReferences = readonly (readonly number[])[];

const COMMANDS: ReadonlySet<string> = new Set(['fail', 'noop', 'continue']);

/** Whether a name in `do` is a command of the engine, not a task. */
export function isCommand(name: string): boolean {
  return COMMANDS.has(name);
}

/** The order in force: as written, else `graph` if anything in the file asks for one, else `sequence`. */
export function orderOf(definition: WorkflowDefinition): OrderMode {
  if (definition.order !== undefined) return definition.order;
  const asksForGraph = (task: TaskDefinition): boolean =>
    task.needs.length > 0 ||
    task.join !== undefined ||
    task.next.some((transition) => transition.do.some((target) => !isCommand(target.value)));
  return definition.tasks.some(asksForGraph) ? 'graph' : 'sequence';
}

/** Builds the graph. Names that are no task are left out: they are somebody else's diagnostic. */
export function buildGraph(definition: WorkflowDefinition, dataReferences: DataReferences = []): TaskGraph {
  const { tasks } = definition;
  const mode = orderOf(definition);
  const slots = new Map<string, number>();
  tasks.forEach((task, slot) => {
    if (!slots.has(task.name)) slots.set(task.name, slot);
  });
  const edges = [...declaredEdges(tasks, slots)];
  if (mode === 'sequence') {
    for (let slot = 1; slot < tasks.length; slot++) edges.push({ from: slot - 1, to: slot, kind: 'sequence' });
  }
  if (mode === 'dataflow') for (const edge of [...dataEdges(tasks, edges, dataReferences)]) edges.push(edge);
  const inbound: Edge[][] = tasks.map(() => []);
  const outbound: Edge[][] = tasks.map(() => []);
  for (const edge of edges) {
    inbound[edge.to]?.push(edge);
    outbound[edge.from]?.push(edge);
  }
  const component = stronglyConnected(outbound);
  const onCycle = tasks.map((_, slot) =>
    (outbound[slot] as Edge[]).some((edge) => component[edge.to] === component[slot]),
  );
  const splits = tasks.map((task, slot) => {
    if (task.join !== undefined || onCycle[slot] === true) return false;
    return (inbound[slot] as Edge[]).filter((edge) => edge.kind === 'transition').length > 1;
  });
  const starts = findStarts(inbound, component);
  return { mode, slots, edges, inbound, outbound, component, onCycle, splits, starts };
}

function* declaredEdges(tasks: readonly TaskDefinition[], slots: ReadonlyMap<string, number>): Iterable<Edge> {
  for (const [from, task] of tasks.entries()) {
    for (const need of task.needs) {
      const source = slots.get(need.value);
      if (source !== undefined) yield { from: source, to: from, kind: 'needs' };
    }
    for (const [transition, definition] of task.next.entries()) {
      for (const target of definition.do) {
        const to = slots.get(target.value);
        if (to !== undefined) yield { from, to, kind: 'transition', transition };
      }
    }
  }
}

function* dataEdges(
  tasks: readonly TaskDefinition[],
  declared: readonly Edge[],
  references: DataReferences,
): Iterable<Edge> {
  const inbound: Edge[][] = tasks.map(() => []);
  for (const edge of declared) inbound[edge.to]?.push(edge);
  for (const [to, task] of tasks.entries()) {
    const known = inbound[to] ?? [];
    // A task that transitions lead to runs when they say, not when its data is there.
    if (task.join !== undefined || known.some((edge) => edge.kind === 'transition')) continue;
    const sources = new Set(known.map((edge) => edge.from));
    for (const from of new Set(references[to] ?? [])) {
      if (from !== to && !sources.has(from)) yield { from, to, kind: 'data' };
    }
  }
}

function findStarts(inbound: readonly (readonly Edge[])[], component: readonly number[]): number[] {
  const entered = new Set<number>();
  inbound.forEach((edges, slot) => {
    if (edges.some((edge) => component[edge.from] !== component[slot])) entered.add(component[slot] as number);
  });
  const begun = new Set<number>();
  const starts: number[] = [];
  for (let slot = 0; slot < inbound.length; slot++) {
    const own = component[slot] as number;
    if (entered.has(own) || begun.has(own)) continue;
    begun.add(own);
    starts.push(slot);
  }
  return starts;
}

/** Tarjan's algorithm without recursion: the component number of every vertex. */
function stronglyConnected(outbound: readonly (readonly Edge[])[]): number[] {
  const size = outbound.length;
  const component = new Array<number>(size).fill(-1);
  const order = new Array<number>(size).fill(-1);
  const low = new Array<number>(size).fill(0);
  const stack: number[] = [];
  let visited = 0;
  let components = 0;
  for (let root = 0; root < size; root++) {
    if (order[root] !== -1) continue;
    const work: { vertex: number; next: number }[] = [{ vertex: root, next: 0 }];
    while (work.length > 0) {
      const frame = work[work.length - 1] as { vertex: number; next: number };
      const { vertex } = frame;
      if (frame.next === 0) {
        order[vertex] = low[vertex] = visited++;
        stack.push(vertex);
      }
      const edge = outbound[vertex]?.[frame.next++];
      if (edge !== undefined) {
        if (order[edge.to] === -1) work.push({ vertex: edge.to, next: 0 });
        else if (component[edge.to] === -1) low[vertex] = Math.min(low[vertex] as number, order[edge.to] as number);
        continue;
      }
      if (low[vertex] === order[vertex]) {
        let member: number;
        do {
          member = stack.pop() as number;
          component[member] = components;
        } while (member !== vertex);
        components++;
      }
      work.pop();
      const parent = work[work.length - 1];
      if (parent !== undefined) low[parent.vertex] = Math.min(low[parent.vertex] as number, low[vertex] as number);
    }
  }
  return component;
}

/** Tasks reachable from `from` along edges, `without` and what lies only behind it left out. */
export function reachable(graph: TaskGraph, from: Iterable<number>, without = -1): Set<number> {
  const seen = new Set<number>();
  const work = [...from].filter((slot) => slot !== without);
  for (let slot = work.pop(); slot !== undefined; slot = work.pop()) {
    if (seen.has(slot)) continue;
    seen.add(slot);
    for (const edge of graph.outbound[slot] ?? []) if (edge.to !== without) work.push(edge.to);
  }
  return seen;
}

/** A graph as it is drawn. */
export interface DrawnGraph {
  readonly nodes: readonly {
    readonly name: string;
    readonly action: string;
    readonly withItems: boolean;
    readonly join?: 'all' | number;
    readonly start: boolean;
  }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly kind: Edge['kind'];
    /** The transition's condition as written. */
    readonly label?: string;
  }[];
}

/** The graph of a definition by names, for drawing it. */
export function graphOf(definition: WorkflowDefinition, dataReferences: DataReferences = []): DrawnGraph {
  const graph = buildGraph(definition, dataReferences);
  const starts = new Set(graph.starts);
  const nameOf = (slot: number): string => definition.tasks[slot]?.name ?? '';
  return {
    nodes: definition.tasks.map((task, slot) => ({
      name: task.name,
      action: task.action.value,
      withItems: task.withItems !== undefined,
      ...(task.join === undefined ? {} : { join: task.join.value }),
      start: starts.has(slot),
    })),
    edges: graph.edges.map((edge) => {
      const transition = edge.transition === undefined ? undefined : definition.tasks[edge.from]?.next[edge.transition];
      const label = transition?.when?.value;
      return {
        from: nameOf(edge.from),
        to: nameOf(edge.to),
        kind: edge.kind,
        ...(label === undefined ? {} : { label }),
      };
    }),
  };
}
