import type { Located, WorkflowDefinition } from '../workflow/definition.ts';
import type { Finding, Place } from '../workflow/diagnostic.ts';
import { isCommand, reachable, type TaskGraph } from './graph.ts';
import { nearest } from '../errors/nearest.ts';
import { STATUS_BITS, type TransitionPlan } from './plan.ts';

/** Reports something about the graph of tasks. */
export type Report = (finding: Finding, place: Place) => void;

/** What the checks need to know of a task beyond its definition. */
export interface CheckedTask {
  readonly transitions: readonly Pick<TransitionPlan, 'statuses' | 'condition'>[];
  /** Its `when` is the constant false. */
  readonly never: boolean;
}

/** Checks names in `do` and `needs`, keys that exclude each other, barriers, cycles and tasks that can never run. */
export function checkGraph(
  definition: WorkflowDefinition,
  graph: TaskGraph,
  tasks: readonly CheckedTask[],
  report: Report,
): void {
  checkNames(definition, graph, report);
  checkOrder(definition, graph, report);
  checkBarriers(definition, graph, report);
  checkCycles(definition, graph, tasks, report);
  checkReachable(definition, graph, tasks, report);
}

/** What may stand in `do` beside tasks. */
const COMMANDS = ['fail', 'noop', 'continue', 'retry'];

/** So many wrong names get a suggestion: each is compared with all there are. */
const MAX_SUGGESTIONS = 100;

function checkNames(definition: WorkflowDefinition, graph: TaskGraph, report: Report): void {
  const names = definition.tasks.map((task) => task.name);
  let left = MAX_SUGGESTIONS;
  const check = ({ value: name, path, offset }: Located<string>, commands: readonly string[]): void => {
    if (graph.slots.has(name)) return;
    const suggestion = left-- > 0 ? nearest(name, [...names, ...commands]) : undefined;
    const hint = `The tasks are: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}.`;
    const message = `there is no task '${name}'`;
    report(
      { code: 'HEDDLE_UNKNOWN_TASK', message, hint, ...(suggestion === undefined ? {} : { suggestion }) },
      { path, ...(offset === undefined ? {} : { within: { start: offset, end: offset + name.length } }) },
    );
  };
  for (const task of definition.tasks) {
    for (const need of task.needs) check(need, []);
    for (const transition of task.next) {
      for (const target of transition.do) {
        if (!isCommand(target.value)) check(target, COMMANDS);
      }
    }
  }
}

function checkOrder(definition: WorkflowDefinition, graph: TaskGraph, report: Report): void {
  definition.tasks.forEach((task, slot) => {
    const inbound = graph.inbound[slot] ?? [];
    const led = inbound.find((edge) => edge.kind === 'transition');
    if (task.needs.length > 0 && (led !== undefined || task.join !== undefined)) {
      const source = led === undefined ? undefined : definition.tasks[led.from]?.name;
      const other = source === undefined ? "its own 'join'" : `the transition of '${source}' that names it`;
      const message = `'${task.name}' has both 'needs' and ${other}; a task is started by one or the other`;
      report({ code: 'HEDDLE_KEY_CONFLICT', message }, { path: task.needs[0]?.path ?? task.path });
    }
    if (graph.mode !== 'sequence') return;
    const asks = task.needs[0]?.path ?? task.join?.path ?? (led === undefined ? undefined : task.namePath);
    if (asks === undefined) return;
    const message = `'order: sequence' runs tasks from top to bottom; 'needs', 'join' and a 'do' that names a task need 'order: graph'`;
    report({ code: 'HEDDLE_KEY_CONFLICT', message }, { path: asks });
  });
}

function checkBarriers(definition: WorkflowDefinition, graph: TaskGraph, report: Report): void {
  definition.tasks.forEach((task, slot) => {
    if (task.join === undefined) return;
    const edges = (graph.inbound[slot] ?? []).filter((edge) => edge.kind === 'transition');
    const sources = new Set(edges.map((edge) => edge.from)).size;
    const { value, path } = task.join;
    if (sources === 0 && graph.mode !== 'sequence') {
      const message = `'${task.name}' is a barrier that no transition leads to`;
      report({ code: 'HEDDLE_JOIN_COUNT', message, hint: "Name it in a 'do', or remove 'join'." }, { path });
    } else if (typeof value === 'number' && value > sources) {
      const message = `'join: ${value}' of '${task.name}' can never be met: ${sources} task${sources === 1 ? ' leads' : 's lead'} to it`;
      report({ code: 'HEDDLE_JOIN_COUNT', message }, { path });
    }
  });
}

function checkCycles(
  definition: WorkflowDefinition,
  graph: TaskGraph,
  tasks: readonly CheckedTask[],
  report: Report,
): void {
  const cycles = new Map<number, number[]>();
  graph.onCycle.forEach((isOn, slot) => {
    const component = graph.component[slot] as number;
    if (!isOn) return;
    const members = cycles.get(component);
    if (members === undefined) cycles.set(component, [slot]);
    else members.push(slot);
  });
  for (const members of cycles.values()) {
    const nameOf = (slot: number): string => `'${definition.tasks[slot]?.name}'`;
    const first = definition.tasks[members[0] as number];
    const path = first?.namePath ?? [];
    const inside = new Set(members);
    const edgesOf = (slot: number) => (graph.outbound[slot] ?? []).filter((edge) => inside.has(edge.to));
    const edges = members.flatMap(edgesOf);
    if (edges.some((edge) => edge.kind === 'needs' || edge.kind === 'data')) {
      const results = edges.some((edge) => edge.kind === 'data') ? 'the results of ' : '';
      const what = members.length === 1 ? 'needs itself' : `need ${results}each other`;
      report({ code: 'HEDDLE_NEEDS_CYCLE', message: `${members.map(nameOf).join(', ')} ${what}` }, { path });
      continue;
    }
    const goesOn = (slot: number): boolean =>
      edgesOf(slot).some((edge) => {
        const transition = tasks[slot]?.transitions[edge.transition ?? -1];
        if (transition === undefined || transition.condition !== null) return false;
        const isSkippable = definition.tasks[slot]?.when !== undefined;
        const needed = STATUS_BITS.succeeded | (isSkippable ? STATUS_BITS.skipped : 0);
        return (transition.statuses & needed) === needed;
      });
    if (!members.every(goesOn)) continue;
    const message = `the cycle ${members.map(nameOf).join(' → ')} has no way out while its tasks succeed`;
    const hint = 'Give one of its transitions a condition, such as `when: << succeeded() and count < 10 >>`.';
    report({ code: 'HEDDLE_ENDLESS_CYCLE', severity: 'warning', message, hint }, { path });
  }
}

function checkReachable(
  definition: WorkflowDefinition,
  graph: TaskGraph,
  tasks: readonly CheckedTask[],
  report: Report,
): void {
  const isDead = (slot: number): boolean => tasks[slot]?.never === true;
  const outbound = graph.outbound.map((edges) =>
    edges.filter((edge) => {
      if (edge.kind === 'needs') return !isDead(edge.from);
      const transition = edge.transition === undefined ? undefined : tasks[edge.from]?.transitions[edge.transition];
      return transition === undefined || transition.statuses !== 0;
    }),
  );
  const reached = reachable({ ...graph, outbound }, graph.starts);
  definition.tasks.forEach((task, slot) => {
    const isNever = isDead(slot);
    if (reached.has(slot) && !isNever) return;
    const message = isNever
      ? `'${task.name}' can never run: its 'when' is always false`
      : `'${task.name}' can never run`;
    const hint = isNever ? undefined : "Nothing that runs leads to it: name it in a 'do', or remove it.";
    report(
      {
        code: 'HEDDLE_UNREACHABLE_TASK',
        severity: isNever ? 'warning' : 'error',
        message,
        ...(hint === undefined ? {} : { hint }),
      },
      { path: task.namePath },
    );
  });
}
