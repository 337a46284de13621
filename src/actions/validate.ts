import { createRequire } from 'node:module';
import type { Ajv as AjvClass, Options, ValidateFunction } from 'ajv';
import { HeddleError } from '../errors/index.ts';
import type { JsonSchema } from './action.ts';
import { compileFit, type FitCheck } from './schema-fit.ts';
import { describeProblems } from './schema-problem.ts';

/** Checks an input and fills in its defaults in place. Null: it fits. */
export type InputValidator = (input: Record<string, unknown>) => HeddleError | null;

const OPTIONS: Options = {
  allErrors: true,
  useDefaults: true,
  // Schema and data in every error: the message shows what was expected and what was found.
  verbose: true,
  // TypeBox and editors put keywords of their own into schemas.
  strict: false,
  logger: false,
};

/** From here on Ajv's compiled code, five times as fast as the quick check, makes up for the time it takes to load. */
const HOT_CALLS = 50_000;

const validators = new WeakMap<JsonSchema, InputValidator>();
const fits = new WeakMap<JsonSchema, FitCheck | null>();
let ajv: AjvClass | undefined;

/** Ajv costs 40 ms to load: it is, when something does not fit or a schema goes beyond `compileFit`. */
function loadAjv(): AjvClass {
  if (ajv === undefined) {
    const require = createRequire(import.meta.url);
    const { Ajv } = require('ajv') as typeof import('ajv');
    const addFormats = require('ajv-formats') as typeof import('ajv-formats');
    ajv = new Ajv(OPTIONS);
    addFormats.default(ajv);
  }
  return ajv;
}

/**
 * The validator of an action's input schema, compiled when it is first called, once for a schema. It fills in
 * defaults in place, converts nothing, and returns HEDDLE_INPUT_INVALID with every problem in one message.
 *
 * @throws HEDDLE_ACTION_INVALID (the validator, not this function) where the schema itself is not valid.
 */
export function inputValidator(schema: JsonSchema): InputValidator {
  let validator = validators.get(schema);
  if (validator === undefined) {
    validator = lazyValidator(schema);
    validators.set(schema, validator);
  }
  return validator;
}

/**
 * Problems of any value against any schema, as sentences that call the value `noun` (`input`, `parameter`); none: it
 * fits. Fills in defaults in place.
 *
 * @throws HEDDLE_ACTION_INVALID where the schema itself is not valid.
 */
export function schemaProblems(schema: JsonSchema, value: unknown, noun: string): readonly string[] {
  if (fitOf(schema)?.(value) === true) return [];
  const validate = compile(schema);
  return validate(value) ? [] : describeProblems(validate.errors ?? [], noun);
}

function fitOf(schema: JsonSchema): FitCheck | null {
  let fit = fits.get(schema);
  if (fit === undefined) {
    fit = compileFit(schema);
    fits.set(schema, fit);
  }
  return fit;
}

function lazyValidator(schema: JsonSchema): InputValidator {
  const completed = propertiesWithInnerDefaults(schema);
  let validate: ValidateFunction | undefined;
  let calls = 0;
  return (input) => {
    // A default cannot be put into a value that iterations share, which is frozen: the input gets a copy of its own.
    for (const name of completed) {
      if (Object.hasOwn(input, name) && Object.isFrozen(input[name])) input[name] = structuredClone(input[name]);
    }
    if (calls < HOT_CALLS) {
      calls += 1;
      if (fitOf(schema)?.(input) === true) return null;
    }
    validate ??= compile(schema);
    if (validate(input)) return null;
    return new HeddleError('HEDDLE_INPUT_INVALID', describeProblems(validate.errors ?? [], 'input').join('; '));
  };
}

/** Names of the inputs in whose values there may be defaults to fill in. */
function propertiesWithInnerDefaults(schema: JsonSchema): readonly string[] {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, object>> };
  const seen = new Set<unknown>();
  const holdsDefault = (part: unknown): boolean => {
    if (typeof part !== 'object' || part === null || seen.has(part)) return false;
    seen.add(part);
    return Object.hasOwn(part, 'default') || Object.values(part).some(holdsDefault);
  };
  return Object.keys(properties).filter((name) => {
    seen.clear();
    return Object.values(properties[name] ?? {}).some(holdsDefault);
  });
}

function compile(schema: JsonSchema): ValidateFunction {
  try {
    return loadAjv().compile(schema);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HeddleError('HEDDLE_ACTION_INVALID', `A schema is not valid: ${reason}.`, { cause: error });
  }
}
