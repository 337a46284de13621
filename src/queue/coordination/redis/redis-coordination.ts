import type { Call, Calls, Line, Sending } from '../../../journal/redis/calls.ts';
import type { Argument } from '../../../journal/redis/connection.ts';
import type { Script } from '../../../journal/redis/script.ts';
import { UnderWay } from '../../../journal/under-way.ts';
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
} from '../coordination.ts';
import { queueError } from '../queue-error.ts';
import { nameOfTask, taskOfName, taskUnknown } from '../task-name.ts';
import { limitsOf, numbersOf, rangesOf } from '../terms.ts';
import { HOLD, LET_GO, RESERVE } from './scripts/permits.ts';
import { ABANDON, ADD, END, FINISH, OPEN, STATE } from './scripts/ranges.ts';
import { CLOSE, CLOSE_RUN, STOP } from './scripts/tasks.ts';
import { ANNOUNCE, BYTES, WITHDRAW, WORKERS } from './scripts/workers.ts';

/** What the script `state` replies with. */
type StateReply = readonly [Buffer, readonly (Buffer | null)[], readonly Buffer[], readonly Buffer[]];

/** Agreement between workers in Redis. Made by `openCoordination`. */
export class RedisCoordination implements Coordination {
  readonly #calls: Calls;
  readonly #line: Line;
  readonly #now: () => number | '';
  readonly #underWay = new UnderWay();

  constructor(calls: Calls, line: Line, now: () => number | '') {
    this.#calls = calls;
    this.#line = line;
    this.#now = now;
  }

  async open(
    task: TaskKey,
    terms: TaskTerms,
  ): Promise<{ readonly isNew: boolean; readonly claimed: readonly Range[] }> {
    const limits = limitsOf(terms);
    const [word, ...claimed] = await this.#words(OPEN, ({ identity }) => [
      ...identity,
      nameOfTask(task),
      task.run,
      limits.window,
      limits.total ?? '',
      limits.concurrency ?? '',
      limits.spacingMs ?? '',
      limits.tolerated ?? '',
      limits.rangeMs,
      limits.firstCount,
      limits.maxCount,
      ...rangeArguments(terms.done),
      ...rangeArguments(terms.claimed),
    ]);
    return { isNew: word === 'new', claimed: rangesOf(claimed.map(Number)) };
  }

  async state(task: TaskKey): Promise<TaskState | null> {
    return this.#run({
      command: STATE,
      args: () => [nameOfTask(task)],
      read: (reply) => ((reply as readonly unknown[]).length === 0 ? null : stateOf(reply as StateReply)),
    });
  }

  async add(task: TaskKey, ranges: readonly Range[]): Promise<void> {
    await this.#words(ADD, () => [nameOfTask(task), ...rangeArguments(ranges)]);
  }

  async end(task: TaskKey, total: number): Promise<TaskState['state']> {
    return standingOf(await this.#words(END, () => [nameOfTask(task), total])).state;
  }

  async finish(task: TaskKey, report: RangeReport): Promise<Finished> {
    const { from, count, ended, workMs, tookMs = workMs, failed } = report;
    const words = await this.#words(FINISH, ({ identity }) => [
      ...identity,
      nameOfTask(task),
      from,
      count,
      ended,
      workMs,
      tookMs,
      failed,
    ]);
    return { ...standingOf(words), claimed: rangesOf(words.slice(3).map(Number)) };
  }

  async abandon(task: TaskKey, { from, count }: Range): Promise<TaskState['state']> {
    return standingOf(await this.#words(ABANDON, () => [nameOfTask(task), from, count])).state;
  }

  async stop(task: TaskKey): Promise<void> {
    await this.#words(STOP, () => [nameOfTask(task)]);
  }

  async hold(task: TaskKey, holder: string, { keeps, wants, failed, ttlMs }: HoldRequest): Promise<Held> {
    const [permits, isStopped, share] = await this.#words(HOLD, ({ identity }) => [
      ...identity,
      nameOfTask(task),
      holder,
      keeps,
      wants,
      failed,
      ttlMs,
      this.#now(),
    ]);
    return { permits: Number(permits), isStopped: isStopped === '1', share: Number(share) };
  }

  async letGo(task: TaskKey, holder: string): Promise<void> {
    await this.#words(LET_GO, () => [nameOfTask(task), holder]);
  }

  async reserve(task: TaskKey, count: number): Promise<Reserved> {
    const [inMs, spacingMs] = await this.#words(RESERVE, ({ identity }) => [
      ...identity,
      nameOfTask(task),
      count,
      this.#now(),
    ]);
    if (inMs === 'NONE') throw taskUnknown(task);
    return { inMs: Number(inMs), spacingMs: Number(spacingMs) };
  }

  async close(task: TaskKey): Promise<void> {
    await this.#words(CLOSE, () => [nameOfTask(task), task.run]);
  }

  async closeRun(run: string): Promise<void> {
    await this.#words(CLOSE_RUN, () => [run]);
  }

  async tasks(): Promise<readonly TaskKey[]> {
    return this.#run({
      command: 'SMEMBERS',
      args: () => [`${this.#line.tag}tasks`],
      read: (reply) => (reply as readonly Buffer[]).map((name) => taskOfName(String(name))),
    });
  }

  async announce(worker: WorkerInfo, ttlMs: number): Promise<void> {
    await this.#words(ANNOUNCE, () => [worker.id, JSON.stringify(worker), ttlMs, this.#now()]);
  }

  async withdraw(worker: string): Promise<void> {
    await this.#words(WITHDRAW, () => [worker]);
  }

  async workers(): Promise<readonly WorkerInfo[]> {
    return this.#run({
      command: WORKERS,
      args: () => [this.#now()],
      read: (reply) => (reply as readonly Buffer[]).map((text) => JSON.parse(String(text)) as WorkerInfo),
    });
  }

  async bytes(): Promise<number> {
    return this.#run({
      command: BYTES,
      args: () => [],
      read: (reply) => Number(/^used_memory:(\d+)/m.exec(String(reply))?.[1]),
    });
  }

  disconnect(): Promise<void> {
    return this.#underWay.close(() => this.#calls.close());
  }

  async #run<T>(call: Call<T>): Promise<T> {
    try {
      return await this.#underWay.track(() => this.#calls.add(call));
    } catch (error) {
      throw queueError(error, this.#line.name);
    }
  }

  /** Calls a script that replies with a text of words. */
  #words(command: Script, args: (sending: Sending) => readonly Argument[]): Promise<readonly string[]> {
    return this.#run({ command, args, read: (reply) => String(reply).split(' ') });
  }
}

/** Ranges as a script takes them: how many, then from and count of each. */
function rangeArguments(ranges: readonly Range[] = []): readonly Argument[] {
  return [ranges.length, ...numbersOf(ranges)];
}

/** What the first three words say of an execution. */
function standingOf([state, isStopped, isHungry]: readonly string[]): Pick<
  TaskState,
  'state' | 'isStopped' | 'isHungry'
> {
  return {
    state: state === 'complete' ? 'complete' : 'open',
    isStopped: isStopped === '1',
    isHungry: isHungry === '1',
  };
}

function stateOf([standing, fields, open, done]: StateReply): TaskState {
  const [total, failed, ended, workMs, measured] = fields.map(String);
  return {
    ...standingOf(String(standing).split(' ')),
    total: total === '' ? null : Number(total),
    failed: Number(failed),
    ended: Number(ended),
    open: sortedRanges(open),
    done: sortedRanges(done),
    itemMs: Number(measured) === 0 ? null : Number(workMs) / Number(measured),
  };
}

/** Ranges of a hash of from to count. */
function sortedRanges(flat: readonly Buffer[]): readonly Range[] {
  return rangesOf(flat.map((value) => Number(String(value)))).toSorted((a, b) => a.from - b.from);
}
