import type { Action } from '../actions/action.ts';
import { nearest } from '../errors/nearest.ts';
import { isTemplate, type ParameterDefinition, type TaskDefinition } from '../workflow/index.ts';
import type { Report } from './check-graph.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Inputs as a schema (of an action) or parameters (of a sub-workflow) declare them. */
interface Declared {
  readonly noun: string;
  readonly properties: ReadonlyMap<string, Schema>;
  readonly required: readonly string[];
  readonly open: boolean;
}

/** Checks a task's input against what its action declares: unknown, missing, and constants of the wrong type. */
export function checkActionInput(
  task: TaskDefinition,
  input: Schema,
  action: Action,
  spelling: (name: string) => string,
  report: Report,
): void {
  let declared = declarations.get(action);
  if (declared === undefined) {
    declared = declaredBy(action);
    declarations.set(action, declared);
  }
  if (declared !== null) check(task, input, declared, spelling, report);
}

/** What each action declares, for as long as there is the action. */
const declarations = new WeakMap<Action, Declared | null>();

function declaredBy(action: Action): Declared | null {
  const schema = (action.input ?? null) as Schema | null;
  if (schema === null || schema['type'] !== 'object' || schema['properties'] === undefined) return null;
  const { properties, required, additionalProperties, patternProperties } = schema;
  return {
    noun: `action '${action.name}'`,
    properties: new Map(Object.entries(properties as Record<string, Schema>)),
    required: Array.isArray(required) ? (required as string[]) : [],
    open: (additionalProperties !== undefined && additionalProperties !== false) || patternProperties !== undefined,
  };
}

/** The same for a sub-workflow's parameters. */
export function checkWorkflowInput(
  task: TaskDefinition,
  name: string,
  parameters: readonly ParameterDefinition[],
  report: Report,
): void {
  const declared = {
    noun: `workflow '${name}'`,
    properties: new Map(parameters.map((parameter) => [parameter.name, parameter.schema])),
    required: parameters.filter((each) => each.required && each.default === undefined).map((each) => each.name),
    open: parameters.length === 0,
  };
  check(task, task.input, declared, (key) => key, report);
}

function check(
  task: TaskDefinition,
  input: Schema,
  declared: Declared,
  spelling: (name: string) => string,
  report: Report,
): void {
  for (const [key, value] of Object.entries(input)) {
    const schema = declared.properties.get(key);
    if (schema === undefined) {
      if (declared.open) continue;
      const names = [...declared.properties.keys()];
      const near = nearest(key, names);
      const message = `${declared.noun} takes no input '${key}'`;
      const hint = names.length === 0 ? 'It takes none.' : `It takes: ${names.join(', ')}.`;
      report(
        { code: 'HEDDLE_UNKNOWN_INPUT', message, hint, ...(near === undefined ? {} : { suggestion: near }) },
        { path: [...task.inputPath, spelling(key)], what: 'key' },
      );
      continue;
    }
    const problem = typeof value === 'string' && isTemplate(value) ? null : mismatch(schema, value);
    if (problem === null) continue;
    const message = `input '${key}' of ${declared.noun} ${problem}`;
    report({ code: 'HEDDLE_INPUT_INVALID', message }, { path: [...task.inputPath, spelling(key)] });
  }
  const missing = declared.required.filter(
    (name) => !Object.hasOwn(input, name) && declared.properties.get(name)?.['default'] === undefined,
  );
  if (missing.length === 0) return;
  const path = Object.keys(input).length > 0 ? task.inputPath : task.action.path;
  const what = Object.keys(input).length > 0 ? 'key' : 'value';
  const message = `${declared.noun} needs the input${missing.length > 1 ? 's' : ''} ${missing.map((name) => `'${name}'`).join(', ')}`;
  report({ code: 'HEDDLE_MISSING_INPUT', message }, { path, what });
}

/** What is plainly wrong with a constant; everything finer is checked when the input is rendered. */
function mismatch(schema: Schema, value: unknown): string | null {
  const { type } = schema;
  const options = schema['enum'];
  if (Array.isArray(options) && (typeof value !== 'object' || value === null) && !options.includes(value)) {
    return `must be one of ${JSON.stringify(options).slice(1, -1)}, found ${JSON.stringify(value)}`;
  }
  if (typeof type !== 'string') return null;
  const found = typeOf(value);
  if (found === type || (type === 'number' && found === 'integer')) return null;
  return `must be of type ${type}, found ${found} (${JSON.stringify(value).slice(0, 60)})`;
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}
