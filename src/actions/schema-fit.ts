/**
 * A quick check for the plain part of JSON Schema. Ajv costs 40 ms to load and compile, half of what a whole start may
 * cost; nearly every input and parameter fits, and needs no more than this. Ajv has the last word on everything else:
 * what does not fit here, and schemas that use more than what stands here.
 */

/** True: the value certainly fits, and its defaults are filled in. False: ask Ajv. */
export type FitCheck = (value: unknown) => boolean;

type Schema = Readonly<Record<string, unknown>>;
type Fields = Record<string, unknown>;
/** Builds the check of one keyword; null: its value is not of the plain part. */
type Keyword = (expected: unknown, schema: Schema, withDefaults: boolean) => FitCheck | null;

const ANNOTATIONS = new Set(['title', 'description', 'default', 'examples', 'deprecated', '$comment']);

const TYPES: Readonly<Record<string, FitCheck>> = {
  string: (value) => typeof value === 'string',
  number: (value) => Number.isFinite(value),
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: (value) => Array.isArray(value),
  object: isFields,
};

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  type: (expected) => anyOf([expected].flat().map((name) => TYPES[String(name)] ?? null)),
  enum: (expected) =>
    Array.isArray(expected) && expected.every(isScalar) ? (value) => expected.includes(value) : null,
  const: (expected) => (isScalar(expected) ? (value) => value === expected : null),
  minimum: (expected) => limit(expected, (bound) => (value) => typeof value !== 'number' || value >= bound),
  maximum: (expected) => limit(expected, (bound) => (value) => typeof value !== 'number' || value <= bound),
  minItems: (expected) => limit(expected, (bound) => (value) => !Array.isArray(value) || value.length >= bound),
  maxItems: (expected) => limit(expected, (bound) => (value) => !Array.isArray(value) || value.length <= bound),
  // Characters are counted, and one may be two of what `length` counts.
  minLength: (expected) =>
    limit(expected, (bound) => (value) => {
      return typeof value !== 'string' || value.length >= 2 * bound || Array.from(value).length >= bound;
    }),
  maxLength: (expected) => limit(expected, (bound) => (value) => typeof value !== 'string' || value.length <= bound),
  pattern: (expected) => {
    const pattern = typeof expected === 'string' ? patternOf(expected) : null;
    return pattern && ((value) => typeof value !== 'string' || pattern.test(value));
  },
  items: (expected, _, withDefaults) => {
    const check = compileFit(expected, withDefaults);
    return check && ((value) => !Array.isArray(value) || value.every(check));
  },
  // Ajv fills in no defaults inside of a union.
  anyOf: (expected) => (Array.isArray(expected) ? anyOf(expected.map((branch) => compileFit(branch, false))) : null),
  required: (expected) => {
    if (!Array.isArray(expected)) return null;
    const reads = expected.map((name) => fieldReader(String(name)));
    return (value) => {
      if (!isFields(value)) return true;
      for (const read of reads) if (read(value) === undefined) return false;
      return true;
    };
  },
  properties: (expected, _, withDefaults) => (isFields(expected) ? properties(expected, withDefaults) : null),
  additionalProperties: (expected, schema, withDefaults) => {
    const properties = schema['properties'] ?? {};
    if (!isFields(properties)) return null;
    const check: FitCheck | null = expected === false ? () => false : compileFit(expected, withDefaults);
    if (check === null) return null;
    const known = new Set(Object.keys(properties));
    return (value) => {
      if (!isFields(value)) return true;
      for (const name in value) if (!known.has(name) && !check(value[name])) return false;
      return true;
    };
  },
};

/** The quick check of a schema; null where the schema needs Ajv. */
export function compileFit(schema: unknown, withDefaults = true): FitCheck | null {
  if (schema === true) return () => true;
  if (!isFields(schema)) return null;
  const checks: FitCheck[] = [];
  // Properties first: what is required may have a default.
  const names = Object.keys(schema).sort((a, b) => Number(b === 'properties') - Number(a === 'properties'));
  for (const name of names) {
    if (ANNOTATIONS.has(name)) continue;
    const keyword = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
    const check = keyword?.(schema[name], schema, withDefaults) ?? null;
    if (check === null) return null;
    checks.push(check);
  }
  return all(checks);
}

/** Unrolled for the common numbers: it runs once for every iteration. */
function all(checks: readonly FitCheck[]): FitCheck {
  const [first, second, ...others] = checks;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  const rest = others.length === 0 ? undefined : all(others);
  return rest === undefined
    ? (value) => first(value) && second(value)
    : (value) => first(value) && second(value) && rest(value);
}

function properties(schemas: Fields, withDefaults: boolean): FitCheck | null {
  const members: { name: string; read: (value: Fields) => unknown; check: FitCheck; standard: unknown }[] = [];
  for (const [name, schema] of Object.entries(schemas)) {
    const check = compileFit(schema, withDefaults);
    if (check === null) return null;
    const standard = withDefaults && isFields(schema) ? schema['default'] : undefined;
    members.push({ name, read: fieldReader(name), check, standard });
  }
  return (value) => {
    if (!isFields(value)) return true;
    for (const { name, read, check, standard } of members) {
      let found = read(value);
      if (found === undefined) {
        if (standard === undefined) continue;
        found = isScalar(standard) ? standard : structuredClone(standard);
        value[name] = found;
      }
      if (!check(found)) return false;
    }
    return true;
  };
}

function anyOf(branches: readonly (FitCheck | null)[]): FitCheck | null {
  const checks = branches.filter((check) => check !== null);
  if (checks.length < branches.length) return null;
  const [only] = checks;
  return checks.length === 1 && only !== undefined ? only : (value) => checks.some((check) => check(value));
}

function limit(expected: unknown, build: (bound: number) => FitCheck): FitCheck | null {
  return typeof expected === 'number' ? build(expected) : null;
}

function patternOf(text: string): RegExp | null {
  try {
    return new RegExp(text, 'u');
  } catch {
    return null;
  }
}

/** Reads a field of a value's own; undefined: there is none. Only for names that every object has is the owner asked for. */
function fieldReader(name: string): (value: Fields) => unknown {
  if (name in Object.prototype) return (value) => (Object.hasOwn(value, name) ? value[name] : undefined);
  return (value) => value[name];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
