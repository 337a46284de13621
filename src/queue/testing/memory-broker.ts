import type { Broker, Consumer, JobKind, NewJob, QueueCounts, Schedule } from '../broker/broker.ts';

const IDLE: Consumer = {
  active: 0,
  pause: () => Promise.resolve(),
  resume: () => {},
  close: () => Promise.resolve(),
};

/** A broker of tests: it keeps jobs, and nobody works on them. */
export class MemoryBroker implements Broker {
  readonly jobs = new Map<string, NewJob>();
  /** What was added, in order, jobs that were there already left out. */
  readonly added: NewJob[] = [];
  readonly registered = new Map<string, Schedule>();
  readonly paused = new Set<string>();
  readonly consumers: { readonly kind: string; readonly queue: string; isPaused: boolean; isClosed: boolean }[] = [];
  #listener: (state: 'lost' | 'back' | 'full', reason: string) => void = () => {};

  async add(jobs: readonly NewJob[]): Promise<void> {
    for (const job of jobs) {
      const key = keyOf(job.kind, job.queue, job.id);
      if (this.jobs.has(key)) continue;
      this.jobs.set(key, job);
      this.added.push(job);
    }
  }

  async isLive(kind: JobKind, queue: string, id: string): Promise<boolean> {
    return this.jobs.has(keyOf(kind, queue, id));
  }

  async live(kind: JobKind, queue: string): Promise<ReadonlySet<string>> {
    return new Set(this.#of(kind, queue).map(({ id }) => id));
  }

  async remove(kind: JobKind, queue: string, ids: readonly string[]): Promise<void> {
    for (const id of ids) this.jobs.delete(keyOf(kind, queue, id));
  }

  work(kind: JobKind, queue: string): Consumer {
    return this.#consumer(kind, queue);
  }

  async queues(): Promise<readonly string[]> {
    return [...new Set([...this.jobs.values()].map(({ queue }) => queue))].sort();
  }

  async counts(): Promise<readonly QueueCounts[]> {
    return [];
  }

  async pause(queue: string): Promise<void> {
    this.paused.add(queue);
  }

  async resume(queue: string): Promise<void> {
    this.paused.delete(queue);
  }

  async drain(): Promise<readonly string[]> {
    const ids = [...this.jobs.values()].map(({ id }) => id);
    this.jobs.clear();
    return ids;
  }

  async schedule(schedule: Schedule): Promise<void> {
    this.registered.set(schedule.id, schedule);
  }

  async unschedule(id: string): Promise<boolean> {
    return this.registered.delete(id);
  }

  async schedules(): Promise<readonly Schedule[]> {
    return [...this.registered.values()];
  }

  workSchedules(queue: string): Consumer {
    return this.#consumer('schedule', queue);
  }

  onState(listener: (state: 'lost' | 'back' | 'full', reason: string) => void): void {
    this.#listener = listener;
  }

  /** What the server has come to be. */
  becomes(state: 'lost' | 'back' | 'full', reason = ''): void {
    this.#listener(state, reason);
  }

  async close(): Promise<void> {}

  #of(kind: JobKind, queue: string): NewJob[] {
    return [...this.jobs.values()].filter((job) => job.kind === kind && job.queue === queue);
  }

  #consumer(kind: string, queue: string): Consumer {
    const state = { kind, queue, isPaused: false, isClosed: false };
    this.consumers.push(state);
    return {
      ...IDLE,
      pause: async () => void (state.isPaused = true),
      resume: () => void (state.isPaused = false),
      close: async () => void (state.isClosed = true),
    };
  }
}

function keyOf(kind: JobKind, queue: string, id: string): string {
  return `${kind} ${queue} ${id}`;
}
