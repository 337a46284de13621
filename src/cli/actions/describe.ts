import { dump } from 'js-yaml';
import type { Action } from '../../actions/action.ts';
import type { Output } from '../terminal.ts';
import { formatTable, oneLine, wrap } from '../text/columns.ts';

/** The part of JSON Schema that descriptions read. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

/** Actions by namespace, one line each. */
export function listActions(actions: readonly Action[], output: Output): string {
  const { color } = output;
  const groups = new Map<string, Action[]>();
  for (const action of actions) {
    const namespace = action.name.split('.')[0] ?? action.name;
    groups.set(namespace, [...(groups.get(namespace) ?? []), action]);
  }
  const width = Math.max(0, ...actions.map((action) => action.name.length));
  const blocks = [...groups].map(([namespace, members]) =>
    [
      color.bold(namespace),
      ...members.map(({ name, description }) =>
        `  ${color.cyan(name.padEnd(width))}  ${oneLine(description ?? '')}`.trimEnd(),
      ),
    ].join('\n'),
  );
  return `${blocks.join('\n\n')}\n\n${color.dim('heddle actions NAME describes one.')}`;
}

/** One action: what it does, its inputs, its result, an example. */
export function describeAction(action: Action, output: Output): string {
  const { color } = output;
  const input = (action.input ?? {}) as Schema;
  const result = action.output as Schema | undefined;
  const sections = [
    `${color.bold(color.cyan(action.name))}${action.description === undefined ? '' : `\n${wrap(action.description, output.columns).join('\n')}`}`,
    section('Input', fieldRows(input, output), 'none', output),
    ...(result === undefined ? [] : [section('Result', fieldRows(result, output, false), typeText(result), output)]),
    `${color.bold('Example')}\n${exampleOf(action.name, input)}`,
  ];
  return sections.join('\n\n');
}

function section(title: string, rows: string[][], otherwise: string, { color }: Output): string {
  return `${color.bold(title)}\n${rows.length === 0 ? `  ${otherwise}` : formatTable(rows).join('\n')}`;
}

function fieldRows(schema: Schema, { color }: Output, isInput = true): string[][] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const need = required.has(name)
      ? color.yellow('required')
      : field.default === undefined
        ? ''
        : color.dim(`default ${JSON.stringify(field.default)}`);
    return [`  ${color.cyan(name)}`, typeText(field), ...(isInput ? [need] : []), oneLine(field.description ?? '')];
  });
}

/** Longest list of alternatives in a table. */
const MAX_TYPE = 48;

function typeText(schema: Schema): string {
  const text = alternatives(schema);
  return text.length <= MAX_TYPE ? text : `${text.slice(0, MAX_TYPE - 3)}...`;
}

function alternatives(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(alternatives))].join(' | ');
  if (schema.type === 'array') return schema.items === undefined ? 'list' : `list of ${alternatives(schema.items)}`;
  if (typeof schema.type === 'string') return schema.type;
  return schema.type === undefined ? 'any' : schema.type.join(' | ');
}

/** A task that uses the action, with its required inputs; with all of them where none is required. */
function exampleOf(name: string, schema: Schema): string {
  const fields = Object.entries(schema.properties ?? {});
  const required = fields.filter(([field]) => schema.required?.includes(field));
  const chosen = required.length > 0 ? required : fields.slice(0, 1);
  const input = Object.fromEntries(chosen.map(([field, value]) => [field, sampleOf(value)]));
  const task = {
    name: `my_${name.split('.').at(-1) ?? 'task'}`,
    action: name,
    ...(chosen.length === 0 ? {} : { input }),
  };
  return dump([task], { lineWidth: -1 })
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

const SAMPLES: Readonly<Record<string, unknown>> = {
  string: '…',
  integer: 1,
  number: 1,
  boolean: true,
  array: [],
  object: {},
};

function sampleOf(schema: Schema): unknown {
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum?.[0] !== undefined) return schema.enum[0];
  if (schema.anyOf?.[0] !== undefined) return sampleOf(schema.anyOf[0]);
  if (schema.type === 'array' && schema.items !== undefined) return [sampleOf(schema.items)];
  return typeof schema.type === 'string' ? SAMPLES[schema.type] : '…';
}
