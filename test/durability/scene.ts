import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { readIterations } from '../../src/history/index.ts';
import { openSqliteJournal } from '../../src/journal/index.ts';
import type { Journal, RunSummary } from '../../src/journal/journal.ts';
import { start, type Ended, type Started } from '../cli/heddle.ts';
import { ACTIONS, World } from './effects.ts';

/** Iterations of the workflow. */
export const ITEMS = 2000;
/** Of them at once. */
export const CONCURRENCY = 20;

/** A large value, iterations with side effects, and one side effect (of index {@link ITEMS}) after all of them. */
export const WORKFLOW = `
name: faults
parameters:
  port: { type: integer, required: true }
  items: { type: integer, default: ${ITEMS} }
  size: { type: integer, default: 0, description: Bytes of each result }
vars: { phase: begun }
tasks:
  - { name: prepare, action: demo.noise, input: { length: 20000 }, publish: { phase: prepared } }
  - name: each
    action: demo.effect
    with-items: << range(0, parameters.items) >>
    concurrency: ${CONCURRENCY}
    input: { port: << parameters.port >>, index: << item >>, size: << parameters.size >> }
  - name: finish
    action: demo.effect
    input: { port: << parameters.port >>, index: << parameters.items >>, size: << length(task.prepare) >> }
output:
  phase: << workflow.phase >>
  squares: "<< map(task.each, r => r.square) >>"
  finish: << task.finish >>
`;

/** A run that waits for a signal between its iterations and its end. */
export const SIGNAL_WORKFLOW = WORKFLOW.replace('name: faults', 'name: signalled').replace(
  '  - name: finish\n',
  '  - { name: go, action: wait.signal, input: { name: go } }\n  - name: finish\n',
);

/** A directory with the workflow, its own journal for each test, and the world outside. */
export class Scene {
  readonly world = new World();
  directory = '';
  #port = 0;
  #count = 0;
  /** Of the test that runs. */
  database = '';

  /** Sets it up before the tests of a file and takes it down after them. */
  static create(): Scene {
    const scene = new Scene();
    beforeAll(() => scene.#open());
    beforeEach(() => {
      scene.world.reset();
      scene.database = path.join(scene.directory, `journal-${++scene.#count}`, 'heddle.db');
    });
    afterAll(() => scene.#close());
    return scene;
  }

  /** Starts `heddle` in the directory. `stopPoint`: where it ends itself. */
  heddle(args: readonly string[], stopPoint?: string): Started {
    const env = { HEDDLE_JOURNAL: this.database, ...(stopPoint === undefined ? {} : { HEDDLE_STOP_POINT: stopPoint }) };
    return start(args, { cwd: this.directory, env });
  }

  /** Arguments that start the workflow. */
  runArguments(more: readonly string[] = [], file = 'faults.yaml'): string[] {
    return ['run', file, '--actions', 'actions.mjs', '-p', `port=${this.#port}`, '--json', ...more];
  }

  /** Starts the workflow. */
  run(more: readonly string[] = [], stopPoint?: string, file = 'faults.yaml'): Started {
    return this.heddle(this.runArguments(more, file), stopPoint);
  }

  /** Goes on with the run that is in the journal. */
  resume(more: readonly string[] = [], stopPoint?: string): Started {
    return this.heddle(['resume', 'last', '--actions', 'actions.mjs', '--json', ...more], stopPoint);
  }

  /** Opens the journal as another process would, and closes it. */
  inJournal<T>(work: (journal: Journal) => Promise<T>): Promise<T> {
    return this.#inJournal(this.database, work);
  }

  async #inJournal<T>(file: string, work: (journal: Journal) => Promise<T>): Promise<T> {
    const journal = await openSqliteJournal({ file });
    try {
      return await work(journal);
    } finally {
      await journal.close();
    }
  }

  /** The run that is in the journal; undefined: none is. */
  theRun(): Promise<RunSummary | undefined> {
    return this.inJournal(async (journal) => (await journal.runs()).runs[0]);
  }

  /** Indexes of iterations that the journal holds as complete. */
  recordedComplete(): Promise<ReadonlySet<number>> {
    return this.#recordedCompleteIn(this.database);
  }

  /** The same of a copy of the journal in a directory that is made for it: opening a file may change it. */
  async recordedCompleteOfCopy(directory: string): Promise<ReadonlySet<number>> {
    await cp(path.dirname(this.database), directory, { recursive: true });
    return this.#recordedCompleteIn(path.join(directory, path.basename(this.database)));
  }

  #recordedCompleteIn(file: string): Promise<ReadonlySet<number>> {
    return this.#inJournal(file, async (journal) => {
      const [run] = (await journal.runs()).runs;
      if (run === undefined) return new Set<number>();
      const window = { from: 0, end: Infinity };
      const page = await readIterations(journal, run.id, { task: 'each', window });
      const complete = page?.list.filter(({ status }) => status === 'succeeded') ?? [];
      return new Set(complete.map(({ index }) => index));
    });
  }

  async #open(): Promise<void> {
    this.directory = await mkdtemp(path.join(tmpdir(), 'heddle-durability-'));
    await writeFile(path.join(this.directory, 'faults.yaml'), WORKFLOW);
    await writeFile(path.join(this.directory, 'signalled.yaml'), SIGNAL_WORKFLOW);
    await writeFile(path.join(this.directory, 'actions.mjs'), ACTIONS);
    this.#port = await this.world.open();
  }

  async #close(): Promise<void> {
    await this.world.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** What a run printed as its output. */
export function outputOf({ stdout, stderr, code }: Ended): unknown {
  try {
    return (JSON.parse(stdout) as { output: unknown }).output;
  } catch {
    throw new Error(`no result was printed (exit code ${code}):\n${stdout}\n${stderr}`);
  }
}

/** What the output of the workflow must be, whatever happens on the way. */
export const OUTPUT = {
  phase: 'prepared',
  squares: Array.from({ length: ITEMS }, (_, index) => index * index),
  finish: { square: ITEMS * ITEMS, text: 'x'.repeat(20_000) },
};
