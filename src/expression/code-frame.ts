import type { FailurePlace } from './expression-error.ts';
import type { Span } from './names.ts';
import { RUNTIME, type Site } from './runtime.ts';

/** A function made of generated code. `freeze` is called with every shared object it hands out, where asked for. */
export type Compiled = (scope: unknown, freeze?: (value: object) => void) => unknown;

/** A function's variables: `temporaries` is how many it needs. */
interface Frame {
  temporaries: number;
  used: number;
}

/** What generated code needs beside its text: constants, variables, and the places where it may fail. */
export class CodeFrame {
  readonly #constants: unknown[] = [];
  readonly #sites: Site[] = [];
  #frame: Frame = { temporaries: 0, used: 0 };
  #source = '';
  #valuePath: readonly (string | number)[] | undefined;

  /** Code that gives exactly `value`. */
  constant(value: unknown): string {
    this.#constants.push(value);
    return `k${this.#constants.length - 1}`;
  }

  /** Makes the function that returns what `code`, written by this generator, gives. */
  function(code: string): Compiled {
    const constants = this.#constants.map((_, index) => `const k${index}=k[${index}];`).join('');
    const body = `${constants}const{plain}=r;return function render(s,f){${wrap(this.#frame, code)}}`;
    // The one place where heddle's own text becomes code; lint forbids the Function constructor everywhere else.
    const make = Reflect.construct(Function, ['r', 'k', 'sites', `"use strict";${body}`]) as (
      runtime: typeof RUNTIME,
      constants: readonly unknown[],
      sites: readonly Site[],
    ) => Compiled;
    return make(RUNTIME, this.#constants, this.#sites);
  }

  /** Starts an expression of `source`: its variables are free, its failures are placed there. */
  protected begin(source: string, valuePath: readonly (string | number)[] | undefined): void {
    this.#source = source;
    this.#valuePath = valuePath;
    this.#frame.used = 0;
  }

  /** The body of a function inside the function: what `write` gives, with variables of its own. */
  protected body(write: () => string): string {
    const outer = this.#frame;
    this.#frame = { temporaries: 0, used: 0 };
    const code = write();
    const body = wrap(this.#frame, code);
    this.#frame = outer;
    return body;
  }

  /** Code that notes where a failure belongs, should the next step fail. */
  protected at(span: Span, subject: Span = span): string {
    return this.site(this.place(span), this.#source.slice(subject.start, subject.end));
  }

  /** The same for any place; `subject` is what a missing field was looked for in. */
  protected site(place: FailurePlace, subject: string): string {
    this.#sites.push({ ...place, subject });
    return `p=${this.#sites.length - 1}`;
  }

  protected place({ start, end }: Span): FailurePlace {
    const place = { source: this.#source, start, end };
    return this.#valuePath === undefined ? place : { ...place, valuePath: this.#valuePath };
  }

  protected temporary(): string {
    const frame = this.#frame;
    frame.used += 1;
    frame.temporaries = Math.max(frame.temporaries, frame.used);
    return this.last();
  }

  protected last(): string {
    return `t${this.#frame.used - 1}`;
  }
}

/** A function's body: its variables, and the place of what fails in it. */
function wrap(frame: Frame, code: string): string {
  const names = Array.from({ length: frame.temporaries }, (_, index) => `t${index}`);
  return `let ${['p=0', ...names].join(',')};try{return ${code}}catch(e){r.fail(e,sites[p])}`;
}
