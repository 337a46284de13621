import { Untranslatable, type Arguments, type Dialect, type Source, type SourceOf, type Span } from './ast.ts';
import {
  atom,
  callCode,
  conditionalCode,
  indexCode,
  lambdaText,
  listCode,
  literalCode,
  memberCode,
  minusCode,
  notCode,
  objectCode,
  type Code,
} from './code.ts';
import { Call, type Translating } from './call.ts';
import { plainPairs } from './common-functions.ts';
import { JINJA_FILTERS, JINJA_FUNCTIONS, JINJA_METHODS, jinjaTest } from './jinja-functions.ts';
import { elementName } from './element-name.ts';
import { operatorCode } from './operators.ts';
import { isCondition, mentionsDollar } from './shape.ts';
import { yaqlFunction } from './yaql-functions.ts';

/** What the names and functions of an engine mean; both answer undefined for what is none of theirs. */
export interface EngineNames {
  /** A bare word, in Jinja. */
  word?(name: string): Code | undefined;
  /** A function of the engine such as `ctx`. @throws Untranslatable */
  call(call: Call): Code | undefined;
  /** A field of what a function of the engine gave, where it is not simply a field: `ctx().x`. @throws Untranslatable */
  member?(object: Source, name: string, at: Span): Code | undefined;
}

/** Something that is translated but means a little less or more than it did. */
export interface Remark extends Span {
  readonly message: string;
}

/** What `$`, `$name` or a word of a lambda, a `let` or a loop stands for. */
type Scope = ReadonlyMap<string, Code>;

/** Translates one expression. @throws Untranslatable from its methods */
export class Translator implements Translating {
  readonly remarks: Remark[] = [];
  readonly dialect: Dialect;
  readonly #names: EngineNames;
  #scope: Scope = new Map();
  #depth = 0;

  constructor(dialect: Dialect, names: EngineNames) {
    this.dialect = dialect;
    this.#names = names;
  }

  /** Says that something means a little less or more than it did. */
  remark({ start, end }: Span, message: string): void {
    this.remarks.push({ start, end, message });
  }

  /** The heddle expression for an expression that stands for itself: pairs of key and value are lists again. */
  translateValue(source: Source): Code {
    const code = this.translate(source);
    if (code.pairs !== true) return code;
    return code.type === 'list' ? plainPairs(code) : pairCode(code);
  }

  /** The heddle expression for an expression. */
  translate(source: Source): Code {
    switch (source.kind) {
      case 'literal':
        return literalCode(source.value);
      case 'word':
        return this.#word(source);
      case 'dollar':
        return this.#dollar(source);
      case 'member':
        return this.#member(source);
      case 'index':
        return this.#index(source);
      case 'slice':
        return this.#slice(source);
      case 'call':
        return this.#call(source);
      case 'method':
        return this.#method(source);
      case 'filter':
        return this.#filter(source);
      case 'test':
        return jinjaTest(this.callOf(source.name, source, [source.object]), source.negated);
      case 'unary':
        return this.#unary(source);
      case 'binary':
        return this.#binary(source);
      case 'conditional':
        return conditionalCode(
          this.translate(source.test),
          this.translate(source.then),
          source.otherwise === undefined ? literalCode('') : this.translate(source.otherwise),
        );
      case 'list':
        return listCode(source.items.map((item) => this.translateValue(item)));
      case 'dict':
        return this.dict(source.entries);
    }
  }

  /** Translates something in which names mean what they are given here. */
  inScope(names: Iterable<readonly [string, Code]>, translate: () => Code): Code {
    const outer = this.#scope;
    this.#scope = new Map([...outer, ...names]);
    this.#depth++;
    try {
      return translate();
    } finally {
      this.#scope = outer;
      this.#depth--;
    }
  }

  /** `element => …` for an expression over `$`, the elements of `list`. */
  lambda(list: Code, body: Source): string {
    return this.lambdaOver(list, () => this.translate(body));
  }

  /** The same where the body is made of the element. */
  lambdaOver(list: Code, body: (element: Code) => Code): string {
    const name = this.elementName(list);
    const element = { ...atom(name), pairs: list.pairs === true };
    return lambdaText(
      [name],
      this.inScope(
        [
          ['$', element],
          ['$1', element],
        ],
        () => body(element),
      ),
    );
  }

  /** A name for the elements of a list that is not taken where it will stand. */
  elementName(list: Code): string {
    const taken = new Set([...this.#scope.values()].map((code) => code.text));
    return elementName(list.text, taken);
  }

  /** A key of a dictionary, or a name: what has to be known before a run. */
  key(source: Source): string {
    if (source.kind === 'word' && this.dialect === 'yaql') return source.name;
    if (source.kind === 'literal' && source.value !== null) return String(source.value);
    throw new Untranslatable(source, 'a key that is computed has no counterpart: keys are known before a run');
  }

  /** A dictionary; one whose keys are computed is made of its pairs. */
  dict(entries: SourceOf<'dict'>['entries']): Code {
    const isStatic = entries.every(
      ({ name }) => name.kind === 'literal' || (name.kind === 'word' && this.dialect === 'yaql'),
    );
    if (isStatic) return objectCode(entries.map(({ name, value }) => [this.key(name), this.translateValue(value)]));
    const pairs = entries.map(({ name, value }) => listCode([this.translate(name), this.translateValue(value)]));
    return callCode('from_entries', [listCode(pairs)], 'object');
  }

  /** What a call is given, the receiver of a method first. */
  callOf(name: string, { items, named, ...at }: Arguments & Span, receiver: readonly Source[] = []): Call {
    return new Call(this, name, { start: at.start, end: at.end }, [...receiver, ...items], named);
  }

  #word(source: SourceOf<'word'>): Code {
    if (this.dialect === 'yaql') return literalCode(source.name);
    const code = this.#scope.get(source.name) ?? this.#names.word?.(source.name);
    if (code !== undefined) return code;
    throw new Untranslatable(source, `'${source.name}' is no name here`);
  }

  #dollar(source: SourceOf<'dollar'>): Code {
    const code = this.#scope.get(`$${source.name}`);
    if (code !== undefined) return code;
    throw new Untranslatable(
      source,
      `'$${source.name}' stands for nothing here (Mistral wrote $.x for what is ctx(x))`,
    );
  }

  #member(source: SourceOf<'member'>): Code {
    const own = this.#names.member?.(source.object, source.name, source);
    if (own !== undefined) return own;
    // In `let(a => 1) -> …` names are fields of `$`; loops of Jinja have `loop.index`.
    if (source.object.kind === 'dollar' || source.object.kind === 'word') {
      const root = source.object.kind === 'word' ? source.object.name : `$${source.object.name}`;
      const bound = this.#scope.get(`${root}.${source.name}`);
      if (bound !== undefined) return bound;
    }
    const object = this.translate(source.object);
    if (object.pairs === true && object.type !== 'list') {
      throw new Untranslatable(source, 'a pair of key and value has no fields');
    }
    // yaql takes the field of each element where it meets a list.
    if (this.dialect === 'yaql' && object.type === 'list') {
      return callCode('map', [object, this.lambdaOver(object, (element) => memberCode(element, source.name))], 'list');
    }
    return memberCode(object, source.name, source.optional);
  }

  #index(source: SourceOf<'index'>): Code {
    const { object: of, index } = source;
    if (index.kind === 'literal' && typeof index.value === 'string') {
      const own = this.#names.member?.(of, index.value, source);
      if (own !== undefined) return own;
    }
    const object = this.translate(of);
    if (object.pairs === true && object.type !== 'list' && index.kind === 'literal') {
      return memberCode(object, index.value === 0 ? 'key' : 'value');
    }
    // `[$.size > 1]` is yaql's way to filter a list.
    if (this.dialect === 'yaql' && mentionsDollar(index) && (isCondition(index) || !this.#scope.has('$'))) {
      return callCode('filter', [object, this.lambda(object, index)], 'list');
    }
    return indexCode(object, this.translate(index));
  }

  #slice(source: SourceOf<'slice'>): Code {
    const { object, from, to, step } = source;
    const list = this.translate(object);
    if (step !== undefined) {
      const isReverse = step.kind === 'unary' && from === undefined && to === undefined;
      if (isReverse) return callCode('reversed', [list], list.type);
      throw new Untranslatable(source, 'a slice with a step has no counterpart');
    }
    const start = from === undefined ? literalCode(0) : this.translate(from);
    return callCode('slice', to === undefined ? [list, start] : [list, start, this.translate(to)], list.type);
  }

  #call(source: SourceOf<'call'>): Code {
    const call = this.callOf(source.name, source);
    const own = this.#names.call(call);
    if (own !== undefined) return own;
    const code =
      this.dialect === 'yaql' ? yaqlFunction(call) : (JINJA_FUNCTIONS.get(source.name)?.(call) ?? this.#asFilter(call));
    if (code !== undefined) return code;
    throw new Untranslatable(source, `there is no counterpart for ${source.name}()`);
  }

  /** In Orquesta every filter of an engine is a function too. */
  #asFilter(call: Call): Code | undefined {
    return call.count === 0 ? undefined : JINJA_FILTERS.get(call.name)?.(call);
  }

  #method(source: SourceOf<'method'>): Code {
    const call = this.callOf(source.name, source, [source.object]);
    const code = this.dialect === 'yaql' ? yaqlFunction(call, source.optional) : JINJA_METHODS.get(source.name)?.(call);
    if (code !== undefined) return code;
    throw new Untranslatable(source, `there is no counterpart for .${source.name}()`);
  }

  #filter(source: SourceOf<'filter'>): Code {
    const call = this.callOf(source.name, source, [source.object]);
    const code = JINJA_FILTERS.get(source.name)?.(call) ?? this.#names.call(call);
    if (code !== undefined) return code;
    throw new Untranslatable(source, `there is no counterpart for the filter ${source.name}`);
  }

  #unary({ operator, operand }: SourceOf<'unary'>): Code {
    const code = this.translate(operand);
    if (operator === 'not') return notCode(code);
    return operator === '-' ? minusCode(code) : code;
  }

  #binary(source: SourceOf<'binary'>): Code {
    if (source.operator === '->') return this.#let(source);
    return operatorCode(source, this);
  }

  #let(source: SourceOf<'binary'>): Code {
    const { left, right } = source;
    if (left.kind !== 'call' || left.name !== 'let') {
      throw new Untranslatable(source, "only let(…) can stand before '->'");
    }
    const names = left.named.flatMap(({ name, value }) => {
      const code = this.translate(value);
      return [[`$.${this.key(name)}`, code] as const, [`$${this.key(name)}`, code] as const];
    });
    const numbered = left.items.map((item, index) => [`$${String(index + 1)}`, this.translate(item)] as const);
    return this.inScope([...names, ...numbered], () => this.translate(right));
  }
}

/** A pair as the list it is elsewhere. */
function pairCode(pair: Code): Code {
  return listCode([memberCode(pair, 'key'), memberCode(pair, 'value')]);
}
