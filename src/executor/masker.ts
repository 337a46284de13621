/** What stands in place of a secret. */
export const MASK = '***';

/** Shorter secrets are not looked for inside text: they would mask half of what people read. */
export const MASKED_TEXT_LENGTH = 3;
/** Lines of a secret that are at least so long are looked for by themselves. */
export const MASKED_LINE_LENGTH = 8;
/** Smaller numbers are not looked for: they are everywhere. */
export const MASKED_NUMBER = 1000;

/** Replaces secrets in whatever is shown or stored for reading. */
export class Masker {
  readonly #pattern: RegExp | null;
  readonly #numbers: ReadonlySet<number>;

  /** `secrets`: values of any shape; every string and number inside counts. */
  constructor(secrets: readonly unknown[]) {
    const texts = new Set<string>();
    const numbers = new Set<number>();
    for (const secret of secrets) collect(secret, texts, numbers, new Set());
    const longestFirst = [...texts].sort((a, b) => b.length - a.length);
    const escaped = longestFirst.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    this.#pattern = escaped.length === 0 ? null : new RegExp(escaped.join('|'), 'g');
    this.#numbers = numbers;
  }

  /** A masker of these secrets, shared where there are none. */
  static of(keystore: Readonly<Record<string, unknown>>, parameters: readonly unknown[]): Masker {
    for (const _ in keystore) return new Masker([keystore, parameters]);
    return parameters.length === 0 ? NOTHING : new Masker(parameters);
  }

  /** Whether there is anything to mask. */
  get isActive(): boolean {
    return this.#pattern !== null || this.#numbers.size > 0;
  }

  /** The same text with secrets replaced. */
  text(text: string): string {
    return this.#pattern === null ? text : text.replace(this.#pattern, MASK);
  }

  /** The same value where it holds no secret, else a copy of what changed. */
  value<T>(value: T): T {
    return this.isActive ? (this.#mask(value, new Map()) as T) : value;
  }

  #mask(value: unknown, seen: Map<object, unknown>): unknown {
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'number') return this.#numbers.has(value) ? MASK : value;
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    seen.set(value, value);
    if ('toJSON' in value && typeof value.toJSON === 'function' && !(value instanceof Date)) {
      return this.#mask((value as { toJSON(): unknown }).toJSON(), seen);
    }
    const isList = Array.isArray(value);
    if (!isList && Object.getPrototypeOf(value) !== Object.prototype) return value;
    const entries = Object.entries(value);
    const masked = entries.map(([key, field]) => [this.text(key), this.#mask(field, seen)] as const);
    const isSame = masked.every(([key, field], index) => {
      const entry = entries[index] as [string, unknown];
      return field === entry[1] && key === entry[0];
    });
    if (isSame) return value;
    const copy: unknown = isList ? masked.map(([, field]) => field) : Object.fromEntries(masked);
    seen.set(value, copy);
    return copy;
  }
}

const NOTHING = new Masker([]);

function collect(value: unknown, texts: Set<string>, numbers: Set<number>, seen: Set<object>): void {
  if (typeof value === 'string') {
    if (value.length >= MASKED_TEXT_LENGTH) texts.add(value);
    // A multi-line secret (a private key) is often shown line by line.
    for (const line of value.split('\n')) if (line.trim().length >= MASKED_LINE_LENGTH) texts.add(line.trim());
  } else if (typeof value === 'number') {
    if (Math.abs(value) >= MASKED_NUMBER) {
      numbers.add(value);
      texts.add(String(value));
    }
  } else if (typeof value === 'object' && value !== null && !seen.has(value)) {
    seen.add(value);
    for (const field of Object.values(value)) collect(field, texts, numbers, seen);
  }
}
