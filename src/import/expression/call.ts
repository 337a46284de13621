import { Untranslatable, type Arguments, type Dialect, type NamedArgument, type Source, type Span } from './ast.ts';
import type { Code } from './code.ts';

/** What the rules of single functions need of the translator. Its methods throw Untranslatable. */
export interface Translating {
  readonly dialect: Dialect;
  translate(source: Source): Code;
  translateValue(source: Source): Code;
  /** A key that is known before a run. */
  key(source: Source): string;
  dict(entries: readonly NamedArgument[]): Code;
  lambda(list: Code, body: Source): string;
  lambdaOver(list: Code, body: (element: Code) => Code): string;
  elementName(list: Code): string;
  inScope(names: Iterable<readonly [string, Code]>, translate: () => Code): Code;
  callOf(name: string, given: Arguments & Span, receiver?: readonly Source[]): Call;
  remark(at: Span, message: string): void;
}

/** A call, method, filter or test that is to be translated; of a method and a filter, what it is of comes first. */
export class Call implements Span {
  readonly translator: Translating;
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly items: readonly Source[];
  readonly #named: readonly NamedArgument[];

  constructor(
    translator: Translating,
    name: string,
    at: Span,
    items: readonly Source[],
    named: readonly NamedArgument[],
  ) {
    this.translator = translator;
    this.name = name;
    this.start = at.start;
    this.end = at.end;
    this.items = items;
    this.#named = named;
  }

  get count(): number {
    return this.items.length;
  }

  get named(): readonly NamedArgument[] {
    return this.#named;
  }

  /** An argument by its place. @throws Untranslatable where there is none */
  source(index: number): Source {
    return this.items[index] ?? this.fail(`${this.name}() lacks an argument`);
  }

  code(index: number): Code {
    return this.translator.translate(this.source(index));
  }

  codes(from = 0): Code[] {
    return this.items.slice(from).map((item) => this.translator.translate(item));
  }

  /** An argument by its place or its name; undefined where it is not given. */
  option(index: number, name: string): Source | undefined {
    return this.items[index] ?? this.#named.find((each) => this.translator.key(each.name) === name)?.value;
  }

  optionCode(index: number, name: string): Code | undefined {
    const source = this.option(index, name);
    return source === undefined ? undefined : this.translator.translate(source);
  }

  /** An argument that has to be a text known before a run. */
  text(index: number): string {
    const source = this.source(index);
    if (source.kind === 'literal' && typeof source.value === 'string') return source.value;
    if (source.kind === 'word' && this.translator.dialect === 'yaql') return source.name;
    throw new Untranslatable(source, `${this.name}() has a counterpart only where this argument is a text`);
  }

  /** Refuses more arguments than the counterpart has. */
  atMost(count: number): this {
    if (this.items.length > count || this.#named.length > 0) {
      this.fail(`${this.name}() has a counterpart only with fewer arguments`);
    }
    return this;
  }

  remark(message: string): void {
    this.translator.remark(this, message);
  }

  fail(message: string): never {
    throw new Untranslatable(this, message);
  }
}

/** Translates one function, method or filter. @throws Untranslatable */
export type Rule = (call: Call) => Code;
