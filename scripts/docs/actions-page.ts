import type { Action } from '../../src/actions/action.ts';
import { code, heading, table } from './markdown.ts';
import { typeText, type Schema } from './schema-text.ts';

/** The page of the built-in actions, one chapter for each namespace. */
export function actionsPage(actions: readonly Action[]): string {
  const parts = [
    heading('Actions', 'the schemas of the built-in actions (src/actions/)'),
    '`heddle actions` lists these in the terminal, `heddle actions NAME` shows one. Your own: docs/guide.md.\n',
  ];
  const namespaces = new Map<string, Action[]>();
  for (const action of actions) {
    const namespace = action.name.split('.')[0] ?? action.name;
    namespaces.set(namespace, [...(namespaces.get(namespace) ?? []), action]);
  }
  for (const [namespace, members] of namespaces) parts.push(`## ${namespace}\n`, ...members.map(section));
  return parts.join('\n');
}

function section({ name, description, input, output }: Action): string {
  const text = [`### ${name}\n`];
  if (description !== undefined) text.push(`${sentence(description)}\n`);
  text.push(inputs(input), result(output));
  return text.join('\n');
}

function inputs(schema: Schema = {}): string {
  const fields = Object.entries(schema.properties ?? {});
  const others = schema.additionalProperties;
  if (fields.length === 0) return others === false ? 'Takes no input.\n' : 'Takes any input.\n';
  const rows = fields.map(([name, field]) => [
    code(name),
    typeText(field),
    schema.required?.includes(name) === true ? 'required' : standard(field),
    sentence(field.description ?? ''),
  ]);
  return (
    table(['input', 'type', 'default', 'meaning'], rows) + (others === false ? '' : '\nTakes any other input too.\n')
  );
}

function standard(field: Schema): string {
  return field.default === undefined ? '' : code(JSON.stringify(field.default));
}

function result(schema: Schema | undefined): string {
  if (schema === undefined) return 'Result: whatever comes out.\n';
  const fields = Object.entries(schema.properties ?? {});
  const meaning = schema.description === undefined ? '' : `: ${schema.description}`;
  if (fields.length === 0) return `Result: ${typeText(schema)}${sentence(meaning) || '.'}\n`;
  const rows = fields.map(([name, field]) => [code(name), typeText(field), sentence(field.description ?? '')]);
  return table(['result', 'type', 'meaning'], rows);
}

function sentence(text: string): string {
  return text === '' || /[.!?:]$/.test(text) ? text : `${text}.`;
}
