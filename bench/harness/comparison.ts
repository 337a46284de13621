/** What a variant does over and over, timed by mitata. */
export interface TimedWork {
  /** One run of the work, which may return a promise. Is handed what `fresh` made. */
  readonly run: (fresh: unknown) => unknown;
  /** Makes what one run uses up, outside the timing. */
  readonly fresh?: () => unknown;
  /** What is compared between variants of what `run` returned; default: all of it. */
  readonly result?: (returned: unknown) => unknown;
  /** Calls before timing. Default: as many as fit into the time of the warm-up. */
  readonly warmupRuns?: number;
}

/** A variant that takes one figure itself, such as its process's peak of memory. */
export interface MeasuredWork {
  /** The figure, in the unit of the comparison. */
  readonly measure: () => number | Promise<number>;
  /** What is compared between variants, once `measure` has ended. */
  readonly result?: () => unknown;
}

export type Work = TimedWork | MeasuredWork;

/** Who does the work: by hand (the limit), heddle, or what a user would pick instead. */
export type Role = 'limit' | 'heddle' | 'peer';

/** One way to do the work of a comparison over cases of type `C`. */
export interface VariantDefinition<C> {
  readonly name: string;
  readonly role: Role;
  /** A package of bench/package.json that has to be installed. */
  readonly needs?: string;
  /** Whether it takes part in a case; default: in all. */
  readonly takes?: (value: C) => boolean;
  /** Makes ready whatever is not to be measured. */
  readonly prepare: (value: C) => Work | Promise<Work>;
}

/** Units figures come in. */
export type Unit = 'ns' | 'bytes';

/** The same work done in several ways, at several sizes. */
export interface ComparisonDefinition<C> {
  /** Unique; what `--row` names. */
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  /** What one figure is for, such as `an item`. */
  readonly each: string;
  /** Units of work in one run; default 1. */
  readonly per?: (value: C) => number;
  readonly cases: Readonly<Record<string, C>>;
  /** The case of the smoke test; default: the first. */
  readonly smokeCase?: string;
  /** A case for the smoke test alone, smaller than those that are measured. */
  readonly smoke?: C;
  readonly variants: readonly VariantDefinition<C>[];
  /** Milliseconds of timing in each process; default 150. */
  readonly timeMs?: number;
  /** Milliseconds of running before timing; default 500. Much code takes the compiler longer. */
  readonly warmUpMs?: number;
  /** A sentence for the report: what is done, and what is left out. */
  readonly note?: string;
}

/** A comparison whose cases are known by name only. */
export interface Comparison {
  readonly name: string;
  readonly title: string;
  readonly unit: Unit;
  readonly each: string;
  readonly note: string;
  readonly timeMs: number;
  readonly warmUpMs: number;
  readonly cases: readonly string[];
  readonly smokeCase: string;
  readonly variants: readonly Variant[];
  /** Units of work in one run of a case. */
  readonly per: (name: string) => number;
}

export interface Variant {
  readonly name: string;
  readonly role: Role;
  readonly needs: string | null;
  readonly takes: (name: string) => boolean;
  readonly prepare: (name: string) => Work | Promise<Work>;
}

/** Name of the case of a definition's `smoke`. */
const SMOKE_CASE = 'smoke';

/** Makes a comparison of its definition. */
export function compare<C>(definition: ComparisonDefinition<C>): Comparison {
  const { cases, per = () => 1 } = definition;
  const names = Object.keys(cases);
  const { smoke } = definition;
  const valueOf = (name: string): C => {
    if (smoke !== undefined && name === SMOKE_CASE) return smoke;
    if (!Object.hasOwn(cases, name)) throw new Error(`'${definition.name}' has no case '${name}': ${names.join(', ')}`);
    return cases[name] as C;
  };
  return {
    name: definition.name,
    title: definition.title,
    unit: definition.unit,
    each: definition.each,
    note: definition.note ?? '',
    timeMs: definition.timeMs ?? 150,
    warmUpMs: definition.warmUpMs ?? 500,
    cases: names,
    smokeCase: smoke === undefined ? (definition.smokeCase ?? (names[0] as string)) : SMOKE_CASE,
    per: (name) => per(valueOf(name)),
    variants: definition.variants.map(({ name, role, needs = null, takes = () => true, prepare }) => ({
      name,
      role,
      needs,
      takes: (each) => takes(valueOf(each)),
      prepare: (each) => prepare(valueOf(each)),
    })),
  };
}
