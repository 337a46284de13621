import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Share of what V8 may have, where nobody names a limit. */
const SHARE = 0.85;
/** Work is taken again when the heap has fallen to this part of the limit. */
const CALM = 0.85;
const LOOK_MS = 1000;
/** What nobody holds any more may stay for long where little is done: so often it is collected, in looks. */
const COLLECT_EVERY = 10;

/** Reads how large the heap is, and may be, in bytes; and collects what nobody holds. */
export interface Heap {
  statistics(): { readonly used_heap_size: number; readonly heap_size_limit: number };
  collect(): void;
}

/** Tells when the heap has grown past a limit, and when it has fallen well below it again. */
export class HeapWatch {
  readonly #limit: number;
  readonly #tell: (reason: string | null) => void;
  readonly #heap: Heap;
  readonly #timer: NodeJS.Timeout;
  #isOver = false;
  #looks = COLLECT_EVERY;

  /** `maxBytes`: undefined for a share of what there may be. `tell`: null where all is well again. */
  constructor(maxBytes: number | undefined, tell: (reason: string | null) => void, heap: Heap = OWN_HEAP) {
    this.#limit = maxBytes ?? heap.statistics().heap_size_limit * SHARE;
    this.#tell = tell;
    this.#heap = heap;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** Called once a second. */
  look(): void {
    this.#looks += 1;
    let used = this.#used();
    if (used > this.#limit && this.#looks >= COLLECT_EVERY) {
      this.#looks = 0;
      this.#heap.collect();
      used = this.#used();
    }
    if (!this.#isOver && used > this.#limit) {
      this.#isOver = true;
      this.#tell(`the heap holds ${mebibytes(used)}, and may hold ${mebibytes(this.#limit)}`);
    } else if (this.#isOver && used < this.#limit * CALM) {
      this.#isOver = false;
      this.#tell(null);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #used(): number {
    return this.#heap.statistics().used_heap_size;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

let collector: (() => void) | undefined;

const OWN_HEAP: Heap = {
  statistics: getHeapStatistics,
  collect: () => {
    if (collector === undefined) {
      setFlagsFromString('--expose-gc');
      collector = runInNewContext('gc') as () => void;
    }
    collector();
  },
};
