import type { Lease } from './journal.ts';

type Held = Pick<Lease, 'run' | 'epoch'>;

/** The last sequences that the server acknowledged, of the runs that this client writes to. */
export class Sequences {
  readonly #seen = new Map<string, { readonly epoch: number; readonly seq: number }>();

  /** The last sequence of a run under a lease; '' where none was acknowledged. */
  of({ run, epoch }: Held): number | '' {
    const seen = this.#seen.get(run);
    return seen?.epoch === epoch ? seen.seq : '';
  }

  note({ run, epoch }: Held, seq: number, isReleased = false): void {
    if (isReleased) this.#seen.delete(run);
    else this.#seen.set(run, { epoch, seq });
  }

  forget({ run, epoch }: Held): void {
    if (this.#seen.get(run)?.epoch === epoch) this.#seen.delete(run);
  }
}
