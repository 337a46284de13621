import fc from 'fast-check';

/** Makes choices while a document is written. */
type Pick = (below: number) => number;

const PLAIN = [
  'x',
  '<< item >>',
  "<< f('a') >>",
  '{{x',
  '1.10',
  '0x1F',
  'no',
  '~',
  'a#b',
  'true',
  'http://x/y?z=1',
  '- b',
  'k: v',
];
const KEYS = [
  'name',
  'action',
  'with_items',
  'on_success',
  'input',
  'retry',
  'next',
  'when',
  'do',
  'snake_case',
  'count',
  'max_delay',
  '"q k"',
  "'it''s'",
  'x-own',
  'é',
];
const COMMENTS = ['# one', '#two', '# three: [ { "', '#', "# it's"]; // prettier-ignore

/** Writes a random document: styles, indentation, comments and blank lines of every kind. */
class Writer {
  readonly #pick: Pick;
  readonly #anchors: string[] = [];
  #count = 0;

  constructor(pick: Pick) {
    this.#pick = pick;
  }

  document(): string {
    const head = this.#one(['', '---\n', '# file\n\n', '%YAML 1.2\n---\n', '# yaml-language-server: x\n']);
    const tail = this.#one(['', '', '# end', '...\n', '\n\n']);
    const body = this.#mapping(0, 3, this.#pick(3) > 0);
    return (head + body + tail).replaceAll('\n', this.#pick(4) === 0 ? '\r\n' : '\n');
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#pick(choices.length)] as T;
  }

  #gap(indent: number): string {
    const kind = this.#pick(10);
    if (kind === 0) return '\n'.repeat(1 + this.#pick(3));
    if (kind === 1) return `${' '.repeat(indent)}${this.#one(COMMENTS)}\n`;
    if (kind === 2) return `\n${' '.repeat(indent)}${this.#one(COMMENTS)}\n\n`;
    if (kind === 3) return `${' '.repeat(Math.max(0, indent - this.#pick(3)))}${this.#one(COMMENTS)}\n`;
    return '';
  }

  #ending(): string {
    return this.#pick(5) === 0 ? `${' '.repeat(1 + this.#pick(3))}${this.#one(COMMENTS)}\n` : '\n';
  }

  #mapping(indent: number, depth: number, isWorkflow = false): string {
    const names = new Set(Array.from({ length: 1 + this.#pick(4) }, () => this.#one(KEYS)));
    if (isWorkflow) names.add('tasks');
    let text = '';
    for (const name of names) {
      text += this.#gap(indent) + ' '.repeat(indent) + name + ':';
      text +=
        name === 'tasks' ? `\n${this.#sequence(indent + this.#pick(4), depth)}` : this.#value(indent, depth, false);
    }
    return text + this.#gap(indent);
  }

  #sequence(indent: number, depth: number): string {
    const pad = ' '.repeat(indent);
    let text = '';
    for (let i = 1 + this.#pick(3); i > 0; i--) {
      const space = 1 + this.#pick(3);
      if (depth > 0 && this.#pick(2) === 0) {
        const inner = this.#mapping(indent + 1 + space, depth - 1);
        // The first key may stand on the line of its dash only where nothing stands before it.
        const first = /^ *[^#\s]/.test(inner);
        text += first ? `${pad}-${' '.repeat(space)}${inner.trimStart()}` : `${pad}-\n${inner}`;
      } else text += `${pad}-${this.#value(indent, depth, true)}`;
      text += this.#gap(indent);
    }
    return text;
  }

  /** What stands behind a colon or a dash. */
  #value(indent: number, depth: number, isItem: boolean): string {
    const anchor = this.#pick(12) === 0 ? ` &a${String(++this.#count)}` : '';
    const text = this.#plainValue(indent, depth, isItem, anchor);
    if (anchor !== '') this.#anchors.push(anchor.slice(2));
    return text;
  }

  #plainValue(indent: number, depth: number, isItem: boolean, anchor: string): string {
    const deeper = indent + 1 + this.#pick(4);
    const pad = ' '.repeat(deeper);
    switch (this.#pick(depth > 0 ? 11 : 9)) {
      case 0:
        return `${anchor}${this.#ending()}`;
      case 1:
        return `${anchor} ${this.#flow(2)}${this.#ending()}`;
      case 2:
        return `${anchor} ${this.#block(indent)}`;
      case 3:
        return `${anchor} one\n${pad}two${this.#one(['', '\n\n'])}\n${pad}three${this.#ending()}`;
      case 4:
        return `${anchor}  "a \\"b\\"\n${pad}  c\\\n  ${pad} d"${this.#ending()}`;
      case 5:
        return `${anchor} [ a,${this.#one(COMMENTS.map((comment) => ` ${comment}\n`))}${pad}{b: 1,\n${pad} c: 'x\n${pad}  y' }\n${pad}]${this.#ending()}`;
      case 6:
        return this.#anchors.length > 0 && anchor === ''
          ? ` *${this.#one(this.#anchors)}${this.#ending()}`
          : `${anchor} ''\n`;
      case 7:
        return `${anchor}${this.#pick(2) === 0 ? '' : ` ${this.#one(COMMENTS)}`}\n${pad}next${this.#ending()}`;
      case 8:
        return `${anchor} ${this.#scalar()}${this.#ending()}`;
      case 9:
        return `${anchor}${this.#ending()}${this.#mapping(deeper, depth - 1)}`;
      default:
        return `${anchor}${this.#ending()}${this.#sequence(isItem ? deeper : indent + this.#pick(3), depth - 1)}`;
    }
  }

  #scalar(): string {
    const text = this.#one(PLAIN);
    return /: |^- |^\{/.test(text) || this.#pick(4) === 0 ? `'${text.replaceAll("'", "''")}'` : text;
  }

  #flow(depth: number): string {
    const space = this.#one(['', ' ', '  ']);
    const parts = Array.from({ length: this.#pick(4) }, (_, i) => {
      const value =
        depth > 0 && this.#pick(3) === 0 ? this.#flow(depth - 1) : this.#one(['1', "'b, c'", 'x', '<< item >>']);
      return [
        `${this.#one(['k', 'max_delay', 'delay', '"q"'])}${String(i)}:${this.#one([' ', '  '])}${value}`,
        value,
      ] as const;
    });
    if (this.#pick(2) === 0) return `{${space}${parts.map(([pair]) => pair).join(`${space},${space}`)}${space}}`;
    return `[${space}${parts.map(([, value]) => value).join(`,${space}`)}${space}]`;
  }

  #block(indent: number): string {
    const step = 1 + this.#pick(4);
    const header = this.#one(['|', '>', '|-', '>-', '|+', '>+']);
    const digit = this.#pick(3) === 0 ? String(step) : '';
    const pad = ' '.repeat(indent + step);
    const first = digit === '' ? 'text # no comment' : '  text';
    const lines = [
      first,
      ...Array.from({ length: this.#pick(4) }, () => this.#one(['more', '  deeper', '', '# text', 'a: b'])),
    ];
    const text = lines.map((line) => (line === '' ? '' : pad + line)).join('\n');
    return `${header}${digit}${this.#one(['', ' # head'])}\n${text}\n${this.#one(['', '', '\n'])}`;
  }
}

/** Documents as people and tools write them. */
export const arbitraryYaml: fc.Arbitrary<string> = fc
  .array(fc.nat({ max: 1_000_000 }), { minLength: 20, maxLength: 400 })
  .map((choices) => {
    let next = 0;
    return new Writer((below) => (choices[next++ % choices.length] as number) % below).document();
  });
