import type { OpenWait, Run } from '../../executor/index.ts';
import { answerTo, formatWait } from '../runs/advice.ts';
import type { Output } from '../terminal.ts';

/** How often it is looked what the run waits for, in milliseconds. */
const LOOK_MS = 200;
/** What is told one by one. */
const MAX_TOLD = 5;

/** Tells what a run waits for, and keeps the process as long as it does. */
export class WaitWatch {
  readonly #run: Run;
  readonly #isRecorded: boolean;
  readonly #say: (text: string) => void;
  readonly #output: Output;
  readonly #told = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(run: Run, isRecorded: boolean, say: (text: string) => void, output: Output) {
    this.#run = run;
    this.#isRecorded = isRecorded;
    this.#say = say;
    this.#output = output;
    // By itself it keeps no process: whether there is anything to wait for is known when all else has ended.
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  get isWaiting(): boolean {
    return this.#run.waiting.length > 0;
  }

  /** Keeps the process where the run waits for something that can still come; false: nothing can. */
  stay(): boolean {
    if (!this.isWaiting || !this.#isRecorded) return false;
    this.#look();
    this.#timer.ref();
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const open = this.#run.waiting;
    if (open.length === 0) this.#timer.unref();
    for (const wait of open) {
      const id = `${wait.execution}/${wait.index ?? ''}`;
      if (this.#told.has(id)) continue;
      this.#told.add(id);
      if (this.#told.size <= MAX_TOLD) this.#tell(wait);
      else if (this.#told.size === MAX_TOLD + 1) {
        this.#say(
          this.#output.color.dim(`  ${this.#output.symbols.ellipsis} and more: heddle runs show ${this.#run.id}`),
        );
      }
    }
  }

  #tell(wait: OpenWait): void {
    this.#say(formatWait(wait, this.#output));
    const { color } = this.#output;
    if (this.#isRecorded) for (const [command] of answerTo(this.#run.id, wait)) this.#say(`    ${color.cyan(command)}`);
  }
}
