import { HeddleError } from '../errors/index.ts';
import { nearest } from '../errors/nearest.ts';
import type { Action, ActionContext, ActionDefinition, JsonSchema } from './action.ts';

/** An action with the types of its schemas, so that it can also be called from TypeScript. */
export interface DefinedAction<I extends JsonSchema, O extends JsonSchema> extends Action {
  readonly run: ActionDefinition<I, O>['run'];
}

/** An action without schemas. */
export interface UncheckedActionDefinition<T, R> {
  readonly name: string;
  readonly description?: string;
  readonly io?: boolean;
  readonly replayable?: boolean;
  readonly cpu?: boolean;
  readonly module?: string;
  readonly version?: string;
  readonly run: (input: T, context: ActionContext) => R | Promise<R>;
}

const NAME = /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*$/;
const KEYS = ['name', 'description', 'input', 'output', 'io', 'replayable', 'cpu', 'module', 'version', 'run'];
const SWITCHES = ['io', 'replayable', 'cpu'];

/**
 * Defines an action. `input` and `output` are JSON Schemas: TypeBox types, or plain ones, whose static types `run`
 * gets and must return.
 *
 * @throws HEDDLE_ACTION_INVALID
 * @example
 * export const greet = defineAction({
 *   name: 'demo.greet',
 *   input: { type: 'object', properties: { who: { type: 'string' } }, required: ['who'] },
 *   run: (input) => `Hello, ${input.who}`,
 * });
 */
export function defineAction<const I extends JsonSchema, const O extends JsonSchema>(
  definition: ActionDefinition<I, O>,
): DefinedAction<I, O>;
/** Defines an action without a schema: its input is not checked, and `run` says which type it takes it to be. */
export function defineAction<T, R>(definition: UncheckedActionDefinition<T, R>): UncheckedActionDefinition<T, R>;
export function defineAction(definition: Action): Action {
  checkAction(definition);
  return Object.freeze({ ...definition });
}

/**
 * Checks that a value is an action.
 *
 * @throws HEDDLE_ACTION_INVALID saying what is wrong with it.
 */
export function checkAction(value: unknown): asserts value is Action {
  if (!isObject(value))
    throw invalid(`An action is a mapping with name and run, not ${value === null ? 'null' : typeof value}.`);
  const { name, description, input, output, module, version, run } = value;
  if (typeof name !== 'string') throw invalid("An action needs a 'name', such as 'cloud.list_servers'.");
  if (!NAME.test(name)) {
    throw invalid(`'${name}' cannot be the name of an action: write namespace.verb, such as 'cloud.list_servers'.`);
  }
  if (typeof run !== 'function') throw invalid(`Action '${name}' needs 'run', a function of (input, context).`);
  if (description !== undefined && typeof description !== 'string') {
    throw invalid(`The description of action '${name}' must be a string.`);
  }
  if (input !== undefined && !isObject(input)) throw invalid(`The input of action '${name}' must be a JSON Schema.`);
  if (isObject(input) && input['type'] !== undefined && input['type'] !== 'object') {
    throw invalid(`The input schema of action '${name}' must be of type 'object', since an input is a mapping.`);
  }
  if (output !== undefined && !isObject(output)) throw invalid(`The output of action '${name}' must be a JSON Schema.`);
  for (const key of SWITCHES) {
    if (value[key] === undefined || typeof value[key] === 'boolean') continue;
    throw invalid(`The field '${key}' of action '${name}' must be true or false.`);
  }
  if (module !== undefined && typeof module !== 'string') {
    throw invalid(`The field 'module' of action '${name}' must be import.meta.url of the file that exports it.`);
  }
  if (version !== undefined && typeof version !== 'string') {
    throw invalid(`The version of action '${name}' must be a string, such as '2' or '1.4'.`);
  }
  for (const key of Object.keys(value)) {
    if (KEYS.includes(key)) continue;
    const near = nearest(key, KEYS);
    throw invalid(
      `Action '${name}' has an unknown key '${key}'${near === undefined ? '' : `; did you mean '${near}'?`}`,
    );
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function invalid(message: string): HeddleError {
  return new HeddleError('HEDDLE_ACTION_INVALID', message);
}
