import { HeddleError } from '../errors/index.ts';
import { listed } from './access.ts';
import { failValue, MissingError } from './expression-error.ts';
import { nearest } from '../errors/nearest.ts';
import { toText } from './text.ts';
import { expectInteger, expectString } from './values.ts';

/** What the functions `now`, `uuid`, `random`, `sha256` and `env` need of the outside world; an executor's host fits. */
export interface ExpressionPorts {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  uuid(): string;
  /** Lower-case hexadecimal. */
  sha256(text: string): string;
  /** The environment variables that were given; default none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The functions that need the outside world, over given ports: name → implementation. */
export const HOST_FUNCTIONS: ReadonlyMap<string, (ports: ExpressionPorts, ...values: unknown[]) => unknown> = new Map<
  string,
  (ports: ExpressionPorts, ...values: unknown[]) => unknown
>([
  ['now', (ports) => new Date(ports.now()).toISOString()],
  ['uuid', (ports) => ports.uuid()],
  ['random', random],
  ['sha256', (ports, value) => ports.sha256(toText(value))],
  ['env', env],
]);

function random(ports: ExpressionPorts, first?: unknown, second?: unknown): number {
  if (first === undefined) return ports.random();
  const start = second === undefined ? 0 : expectInteger('random', first);
  const end = expectInteger('random', second === undefined ? first : second);
  if (end <= start) return failValue(`random needs an end above its start; ${end} is not above ${start}.`);
  return start + Math.floor(ports.random() * (end - start));
}

function env(ports: ExpressionPorts, value: unknown): string {
  const name = expectString('env', value);
  const variables = ports.env ?? {};
  const found = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (found !== undefined) return found;
  const given = Object.keys(variables).filter((each) => variables[each] !== undefined);
  const near = nearest(name, given);
  throw new MissingError(
    () =>
      `The run was not given the environment variable ${name}; pass it with --env ${name}. ` +
      `${listed('It was given', given)}${near === undefined ? '' : ` Did you mean ${near}?`}`,
  );
}

/** Fails because an expression that stands alone has no run to ask. */
export function failOutsideRun(name: string): never {
  throw new HeddleError('HEDDLE_EXPRESSION_VALUE', `${name}() needs a run; this expression stands alone.`);
}
