import type { ParameterDefinition, WorkflowDefinition } from '../../workflow/definition.ts';
import type { Output } from '../terminal.ts';
import { formatTable } from '../text/columns.ts';

/** The parameters of a workflow as a section of its help. */
export function formatParameters(definition: WorkflowDefinition, output: Output): string {
  const { color } = output;
  const head = `${color.bold(`Parameters of ${definition.name}:`)}`;
  if (definition.parameters.length === 0) return `${head}\n  none`;
  const rows = definition.parameters.map((parameter) => [
    `  ${color.cyan(parameter.name)}`,
    typeText(parameter),
    color.dim(needText(parameter)),
    parameter.description ?? '',
  ]);
  return [head, ...formatTable(rows)].join('\n');
}

/** `integer`, `string | null`, `integer[]`, `eu | us`. */
export function typeText({ schema }: Pick<ParameterDefinition, 'schema'>): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value: unknown) => String(value)).join(' | ');
  const { type, items } = schema;
  if (Array.isArray(type)) return type.join(' | ');
  if (
    type === 'array' &&
    typeof items === 'object' &&
    items !== null &&
    'type' in items &&
    typeof items.type === 'string'
  ) {
    return `${items.type}[]`;
  }
  return typeof type === 'string' ? type : 'any';
}

function needText(parameter: ParameterDefinition): string {
  const secret = parameter.secret ? ', secret' : '';
  if (parameter.default !== undefined)
    return `default ${parameter.secret ? '***' : JSON.stringify(parameter.default)}${secret}`;
  return `${parameter.required ? 'required' : 'optional'}${secret}`;
}
