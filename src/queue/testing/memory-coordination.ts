import { nameOfTask, taskOfName } from '../coordination/task-name.ts';
import type {
  Coordination,
  Finished,
  Held,
  HoldRequest,
  Range,
  RangeReport,
  Reserved,
  TaskKey,
  TaskState,
  TaskTerms,
  WorkerInfo,
} from '../coordination/coordination.ts';

interface Task {
  readonly terms: TaskTerms;
  total: number | null;
  next: number;
  isStopped: boolean;
  failed: number;
  ended: number;
  open: Range[];
  done: Range[];
}

/** A coordination of tests, in memory: ranges as the servers cut them, and as many permits as anybody wants. */
export class MemoryCoordination implements Coordination {
  readonly known = new Map<string, Task>();
  readonly announced = new Map<string, WorkerInfo>();
  /** What `bytes` says. */
  held = 0;

  async open(key: TaskKey, terms: TaskTerms): Promise<{ readonly isNew: boolean; readonly claimed: readonly Range[] }> {
    if (this.known.has(nameOfTask(key))) return { isNew: false, claimed: [] };
    const { done = [], claimed = [], total } = terms;
    const ends = [...done, ...claimed].map(({ from, count }) => from + count);
    const task: Task = {
      terms,
      total,
      next: Math.max(0, ...ends),
      isStopped: false,
      failed: 0,
      ended: done.reduce((sum, { count }) => sum + count, 0),
      open: [...claimed],
      done: [...done],
    };
    this.known.set(nameOfTask(key), task);
    return { isNew: true, claimed: claim(task) };
  }

  async state(key: TaskKey): Promise<TaskState | null> {
    const task = this.known.get(nameOfTask(key));
    if (task === undefined) return null;
    const { total, isStopped, failed, ended, open, done } = task;
    const state = isComplete(task) ? 'complete' : 'open';
    return { state, isStopped, isHungry: isHungry(task), total, failed, ended, open, done, itemMs: null };
  }

  async add(key: TaskKey, ranges: readonly Range[]): Promise<void> {
    this.known.get(nameOfTask(key))?.open.push(...ranges);
  }

  async end(key: TaskKey, total: number): Promise<TaskState['state']> {
    const task = this.known.get(nameOfTask(key));
    if (task === undefined) return 'complete';
    task.total = total;
    task.next = total;
    return isComplete(task) ? 'complete' : 'open';
  }

  async finish(key: TaskKey, { from, count, ended, failed }: RangeReport): Promise<Finished> {
    const task = this.known.get(nameOfTask(key));
    if (task === undefined) return { claimed: [], state: 'complete', isStopped: false, isHungry: false };
    if (task.open.some((range) => range.from === from)) {
      task.open = task.open.filter((range) => range.from !== from);
      task.done.push({ from, count });
      task.ended += ended;
      task.failed += failed;
    }
    const claimed = claim(task);
    const state = isComplete(task) ? 'complete' : 'open';
    return { claimed, state, isStopped: task.isStopped, isHungry: isHungry(task) };
  }

  async abandon(key: TaskKey, { from }: Range): Promise<TaskState['state']> {
    const task = this.known.get(nameOfTask(key));
    if (task === undefined) return 'complete';
    task.open = task.open.filter((range) => range.from !== from);
    return isComplete(task) ? 'complete' : 'open';
  }

  async stop(key: TaskKey): Promise<void> {
    const task = this.known.get(nameOfTask(key));
    if (task !== undefined) task.isStopped = true;
  }

  async hold(key: TaskKey, _: string, { wants }: HoldRequest): Promise<Held> {
    const task = this.known.get(nameOfTask(key));
    const permits = task === undefined ? 0 : wants;
    return { permits, isStopped: task?.isStopped ?? false, share: permits };
  }

  async letGo(): Promise<void> {}

  async reserve(): Promise<Reserved> {
    return { inMs: 0, spacingMs: 0 };
  }

  async close(key: TaskKey): Promise<void> {
    this.known.delete(nameOfTask(key));
  }

  async closeRun(run: string): Promise<void> {
    for (const name of [...this.known.keys()]) if (taskOfName(name).run === run) this.known.delete(name);
  }

  async tasks(): Promise<readonly TaskKey[]> {
    return [...this.known.keys()].map(taskOfName);
  }

  async announce(worker: WorkerInfo): Promise<void> {
    this.announced.set(worker.id, worker);
  }

  async withdraw(worker: string): Promise<void> {
    this.announced.delete(worker);
  }

  async workers(): Promise<readonly WorkerInfo[]> {
    return [...this.announced.values()];
  }

  async bytes(): Promise<number> {
    return this.held;
  }

  async disconnect(): Promise<void> {}
}

function claim(task: Task): Range[] {
  const claimed: Range[] = [];
  const { window, firstCount } = task.terms;
  while (!task.isStopped && task.total !== null && task.next < task.total && task.open.length < window) {
    const range = { from: task.next, count: Math.min(firstCount, task.total - task.next) };
    task.next += range.count;
    task.open.push(range);
    claimed.push(range);
  }
  return claimed;
}

function isComplete({ open, isStopped, next, total }: Task): boolean {
  return open.length === 0 && (isStopped || next === total);
}

function isHungry({ open, total, isStopped, terms }: Task): boolean {
  return total === null && !isStopped && open.length < terms.window / 2;
}
