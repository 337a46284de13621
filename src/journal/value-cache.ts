/** Decoded values by their hash: the ones used last as long as they fit, others for as long as somebody else has them. */
export class ValueCache {
  readonly #limitBytes: number;
  #bytes = 0;
  /** The one used last stands last. */
  readonly #recent = new Map<string, { readonly value: unknown; readonly bytes: number }>();
  readonly #alive = new Map<string, WeakRef<object>>();
  readonly #forgotten = new FinalizationRegistry<string>((hash) => {
    if (this.#alive.get(hash)?.deref() === undefined) this.#alive.delete(hash);
  });

  /** `limitBytes`: of the encodings of values that are kept although nobody else has them. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes of the encodings of what is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined: it is not here. */
  get(hash: string): unknown {
    const recent = this.#recent.get(hash);
    if (recent === undefined) return this.#alive.get(hash)?.deref();
    this.#recent.delete(hash);
    this.#recent.set(hash, recent);
    return recent.value;
  }

  /** `bytes`: of its encoding. */
  put(hash: string, value: unknown, bytes: number): void {
    if (typeof value === 'object' && value !== null) {
      this.#alive.set(hash, new WeakRef(value));
      this.#forgotten.register(value, hash);
    }
    this.#remove(hash);
    // One that is larger than all the room would only drive the others out.
    if (bytes > this.#limitBytes) return;
    this.#recent.set(hash, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#recent.keys()) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#remove(oldest);
    }
  }

  #remove(hash: string): void {
    this.#bytes -= this.#recent.get(hash)?.bytes ?? 0;
    this.#recent.delete(hash);
  }
}
