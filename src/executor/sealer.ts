import { MASKED_LINE_LENGTH, MASKED_NUMBER, MASKED_TEXT_LENGTH } from './masker.ts';

/** Key of the mapping that stands where something was sealed; a mapping of an author that has it is wrapped. */
const MARK = '$heddle';

/** Encoded forms need some length to be told from other text. */
const MIN_ENCODED_LENGTH = 6;

/** How a secret stands in a text. */
type Form = 'text' | 'line' | 'base64' | 'base64url' | 'hex' | 'url' | 'json';

/** Stands for a secret. `part`: which line, or how many bytes precede it in a base64 text. */
interface Reference {
  readonly secret: readonly string[];
  readonly form: Form;
  readonly part: number;
}

type Sealed =
  | { readonly text: readonly (string | Reference)[] }
  | { readonly number: readonly string[] }
  | { readonly entries: readonly (readonly [unknown, unknown])[] }
  | { readonly bytes: unknown };

/** Secrets by where they are given: `keystore`, `parameters`. */
export type Secrets = Readonly<Record<string, unknown>>;

/**
 * Keeps secrets out of a record: wherever one stands in a value, in plain or in a usual encoding, a reference takes its
 * place, and on resume the secret that is given then takes the reference's.
 */
export class Sealer {
  readonly #secrets: Secrets;
  readonly #references = new Map<string, Reference>();
  readonly #numbers = new Map<number, readonly string[]>();
  readonly #pattern: RegExp | null;

  constructor(secrets: Secrets) {
    this.#secrets = secrets;
    for (const [root, value] of Object.entries(secrets)) this.#collect(value, [root], new Set());
    const texts = [...this.#references.keys()].sort((a, b) => b.length - a.length);
    const escaped = texts.map((text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
    this.#pattern = escaped.length === 0 ? null : new RegExp(escaped.join('|'), 'g');
  }

  /** A sealer of these secrets, shared where there are none. */
  static of(secrets: Secrets): Sealer {
    for (const root in secrets) for (const _ in secrets[root] as object) return new Sealer(secrets);
    return NOTHING;
  }

  /** Whether there is anything to keep out. */
  get isActive(): boolean {
    return this.#pattern !== null || this.#numbers.size > 0;
  }

  /** The same value where it holds no secret, else a copy of what changed. */
  seal<T>(value: T): T {
    return this.isActive ? (this.#seal(value, new Map()) as T) : value;
  }

  /** What {@link seal} was given, with the secrets as they are now. */
  open<T>(value: T): T {
    return this.#open(value) as T;
  }

  #collect(value: unknown, path: readonly string[], seen: Set<object>): void {
    if (typeof value === 'string') this.#collectText(value, path);
    else if (typeof value === 'number' && Math.abs(value) >= MASKED_NUMBER) {
      this.#numbers.set(value, path);
      this.#collectText(String(value), path);
    } else if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value);
      for (const [key, field] of Object.entries(value)) this.#collect(field, [...path, key], seen);
    }
  }

  #collectText(text: string, secret: readonly string[]): void {
    const note = (form: Form, part = 0): void => {
      const encoded = encode(text, form, part);
      if (encoded.length >= MASKED_TEXT_LENGTH && !this.#references.has(encoded)) {
        this.#references.set(encoded, { secret, form, part });
      }
    };
    note('text');
    text.split('\n').forEach((line, part) => {
      if (line.trim().length >= MASKED_LINE_LENGTH) note('line', part);
    });
    if (text.length < MIN_ENCODED_LENGTH) return;
    for (const form of ['url', 'json', 'hex'] as const) note(form);
    for (const part of [0, 1, 2]) {
      note('base64', part);
      note('base64url', part);
    }
  }

  #seal(value: unknown, seen: Map<object, unknown>): unknown {
    if (typeof value === 'string') return this.#sealText(value);
    if (typeof value === 'number') {
      const path = this.#numbers.get(value);
      return path === undefined ? value : mark({ number: path });
    }
    if (typeof value !== 'object' || value === null) return value;
    const before = seen.get(value);
    if (before !== undefined) return before;
    seen.set(value, value);
    const sealed = this.#sealObject(value, seen);
    seen.set(value, sealed);
    return sealed;
  }

  #sealText(text: string): unknown {
    if (this.#pattern === null || text.length < MASKED_TEXT_LENGTH) return text;
    let end = 0;
    const parts: (string | Reference)[] = [];
    for (const match of text.matchAll(this.#pattern)) {
      if (match.index > end) parts.push(text.slice(end, match.index));
      parts.push(this.#references.get(match[0]) as Reference);
      end = match.index + match[0].length;
    }
    if (end === 0) return text;
    if (end < text.length) parts.push(text.slice(end));
    return mark({ text: parts });
  }

  #sealObject(value: object, seen: Map<object, unknown>): unknown {
    if (Array.isArray(value)) {
      const list = value.map((element) => this.#seal(element, seen));
      return list.every((element, at) => Object.is(element, value[at])) ? value : list;
    }
    if (value instanceof Map)
      return new Map([...value].map(([key, each]) => [this.#seal(key, seen), this.#seal(each, seen)]));
    if (value instanceof Set) return new Set([...value].map((each) => this.#seal(each, seen)));
    if (value instanceof Uint8Array) {
      const bytes = this.#sealText(Buffer.from(value).toString('latin1'));
      return typeof bytes === 'string' ? value : mark({ bytes });
    }
    if (value instanceof Date || ArrayBuffer.isView(value)) return value;
    const fields = Object.entries(value);
    const sealed = fields.map(([key, field]) => [this.#sealText(key), this.#seal(field, seen)] as const);
    if (Object.hasOwn(value, MARK) || sealed.some(([key]) => typeof key !== 'string')) return mark({ entries: sealed });
    if (sealed.every(([, field], at) => Object.is(field, fields[at]?.[1]))) return value;
    return Object.fromEntries(sealed as readonly (readonly [string, unknown])[]);
  }

  #open(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) {
      const list = value.map((element) => this.#open(element));
      return list.every((element, at) => Object.is(element, value[at])) ? value : list;
    }
    if (value instanceof Map) return new Map([...value].map(([key, each]) => [this.#open(key), this.#open(each)]));
    if (value instanceof Set) return new Set([...value].map((each) => this.#open(each)));
    if (value instanceof Date || ArrayBuffer.isView(value)) return value;
    if (Object.hasOwn(value, MARK)) return this.#openMark((value as Record<string, unknown>)[MARK] as Sealed);
    const fields = Object.entries(value);
    const opened = fields.map(([key, field]) => [key, this.#open(field)] as const);
    return opened.every(([, field], at) => Object.is(field, fields[at]?.[1])) ? value : Object.fromEntries(opened);
  }

  #openMark(sealed: Sealed): unknown {
    if ('number' in sealed) return this.#secretAt(sealed.number);
    if ('text' in sealed) {
      return sealed.text
        .map((part) =>
          typeof part === 'string' ? part : encode(String(this.#secretAt(part.secret)), part.form, part.part),
        )
        .join('');
    }
    if ('bytes' in sealed) return Uint8Array.from(Buffer.from(String(this.#open(sealed.bytes)), 'latin1'));
    return Object.fromEntries(sealed.entries.map(([key, field]) => [String(this.#open(key)), this.#open(field)]));
  }

  #secretAt(path: readonly string[]): unknown {
    return path.reduce<unknown>(
      (place, key) => (place as Record<string, unknown> | null | undefined)?.[key],
      this.#secrets,
    );
  }
}

const NOTHING = new Sealer({});

function mark(sealed: Sealed): Record<string, Sealed> {
  return { [MARK]: sealed };
}

function encode(text: string, form: Form, part: number): string {
  switch (form) {
    case 'text':
      return text;
    case 'line':
      return (text.split('\n')[part] ?? '').trim();
    case 'url':
      return encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'));
    case 'json':
      return JSON.stringify(text).slice(1, -1);
    case 'hex':
      return Buffer.from(text).toString('hex');
    case 'base64':
    case 'base64url':
      return base64(text, form, part);
  }
}

/** The characters of a base64 text that depend on the secret alone, where so many bytes stand before it in a group of 3. */
function base64(text: string, form: 'base64' | 'base64url', before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
  const from = before === 0 ? 0 : before + 1;
  const whole = Math.floor((bytes.length * 8) / 6);
  return bytes.toString(form).slice(from, whole);
}
