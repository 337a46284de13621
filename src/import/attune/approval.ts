import { allOf, atom, notCode, type Code } from '../expression/index.ts';
import { mapping, scalar, type OutputEntry, type OutputNode, type OutputPlace } from '../output-node.ts';
import type { Sourced, SourcedEntry } from '../source.ts';
import { entriesOf, textOf, type AttuneContext, type AttuneTask } from './context.ts';
import type { AttuneNames } from './names.ts';
import { attuneValue, literalValue } from './value.ts';
import { writeTransition, type Transition } from './transitions.ts';

/** The task whose action made the inquiry: `{{ task.ask.inquiry_id }}`. */
const CREATOR = /\btasks?\.(\w+)(?:\.(?:result|data))?\.inquiry_id\b/;

/**
 * The approval that stands before a task with `wait_for.inquiry`. What it asks is what the action was given that made the
 * inquiry; where nobody answers in time, it does what the task would have done.
 */
export function translateApproval(
  context: AttuneContext,
  task: AttuneTask,
  transitions: readonly Transition[],
  names: AttuneNames,
): OutputPlace {
  const { source } = context;
  const wait = task.keys.get('wait_for') as SourcedEntry;
  const inquiry = entriesOf(source, wait).find((entry) => entry.name === 'inquiry');
  const name = context.approvals.get(task.name) ?? '';
  const creator = CREATOR.exec(textOf(inquiry) ?? '')?.[1];
  const asked = context.tasks.find((each) => each.name === creator);
  source.changed(wait.path, messageFor(name, asked));
  const input = asked === undefined ? [] : inputOf(context, asked, names);
  const prompt = { key: 'prompt', value: scalar(`Go on with ${task.name}?`) };
  const join = task.keys.get('join');
  const go: Transition = { line: wait.keyLine, when: condition(SUCCEEDED), publish: [], do: [] };
  const next = [
    {
      ...writeTransition(context, go),
      value: mapping([
        { key: 'when', value: scalar('succeeded()') },
        { key: 'do', value: scalar(task.name) },
      ]),
    },
    ...transitions.flatMap((transition) => withoutAnswer(transition)).map((each) => writeTransition(context, each)),
  ];
  return {
    line: wait.keyLine,
    apart: true,
    value: mapping([
      { key: 'name', line: wait.keyLine, value: scalar(name) },
      { key: 'action', value: scalar('approval.request') },
      join === undefined ? undefined : { key: 'join', line: join.keyLine, value: literalValue(source, join) },
      { key: 'input', value: mapping(input.some(({ key }) => key === 'prompt') ? input : [prompt, ...input]) },
      { key: 'next', value: { kind: 'sequence', items: next, flow: false } },
    ]),
  };
}

function messageFor(name: string, asked: AttuneTask | undefined): string {
  const made =
    asked === undefined
      ? 'What it asks is not in this file.'
      : `'${asked.name}' has only to tell whoever is asked; in Attune its action made the inquiry.`;
  return `The answer is waited for by a task of its own, '${name}' (heddle approve). ${made}`;
}

/** `prompt`, `schema` and `timeout`, from the input of the action that made the inquiry. */
function inputOf({ source }: AttuneContext, asked: AttuneTask, names: AttuneNames): OutputEntry[] {
  const given = new Map(entriesOf(source, asked.keys.get('input')).map((entry) => [entry.name, entry]));
  const entries: OutputEntry[] = [];
  const prompt = given.get('prompt');
  if (prompt !== undefined) entries.push({ key: 'prompt', ...quietly(source, prompt, names) });
  const schema = given.get('response_schema');
  if (schema?.node.kind === 'mapping') entries.push({ key: 'schema', value: schemaOf(source, schema) });
  else if (schema !== undefined) {
    source.changed(schema.path, 'The schema of an answer is a JSON Schema here: { type: object, properties: … }.');
    entries.push({ key: 'schema', ...quietly(source, schema, names) });
  }
  const timeout = given.get('timeout_seconds') ?? given.get('timeout');
  if (timeout !== undefined) entries.push({ key: 'timeout', ...quietly(source, timeout, names) });
  return entries;
}

/** A value that is translated a second time: what is wrong with it is told where it stands. */
function quietly(source: AttuneContext['source'], from: Sourced, names: AttuneNames): { value: OutputNode } {
  const { value } = attuneValue(source, from, names);
  return { value };
}

/** Attune's flat form (`approved: { type: boolean, required: true }`) as JSON Schema. */
function schemaOf(source: AttuneContext['source'], from: Sourced): OutputNode {
  const fields = entriesOf(source, from);
  const isJsonSchema = fields.some(({ name, node }) => name === 'properties' && node.kind === 'mapping');
  if (isJsonSchema) return literalValue(source, from);
  const required = fields.filter((field) =>
    entriesOf(source, field).some((each) => each.name === 'required' && textOf(each) === 'true'),
  );
  const properties = fields.map((field): OutputEntry => {
    const keywords = entriesOf(source, field).filter((each) => each.name !== 'required');
    const entries = keywords.map((each) => ({ key: each.name, value: withoutLines(literalValue(source, each)) }));
    return { key: field.name, value: mapping(entries, { flow: true }) };
  });
  return mapping([
    { key: 'type', value: scalar('object') },
    { key: 'properties', value: mapping(properties) },
    required.length === 0
      ? undefined
      : {
          key: 'required',
          value: { kind: 'sequence', items: required.map(({ name }) => ({ value: scalar(name) })), flow: true },
        },
  ]);
}

/** Comments stay where the value stands in the file, and not where it is repeated. */
export function withoutLines(node: OutputNode): OutputNode {
  if (node.kind === 'scalar') return { ...node, line: undefined };
  if (node.kind === 'sequence')
    return {
      ...node,
      line: undefined,
      items: node.items.map((item) => ({ ...item, line: undefined, value: withoutLines(item.value) })),
    };
  return {
    ...node,
    line: undefined,
    entries: node.entries.map((entry) => ({ ...entry, line: undefined, value: withoutLines(entry.value) })),
  };
}

const SUCCEEDED: Code = atom('succeeded()', 'bool');

function condition(code: Code): NonNullable<Transition['when']> {
  return { code, text: code.text, notes: [] };
}

/** What a transition of the task comes to where the inquiry was not answered; none where it is for success. */
function withoutAnswer(transition: Transition): Transition[] {
  const code = transition.when?.code;
  if (transition.when === undefined) return [{ ...transition, when: condition(notCode(SUCCEEDED)) }];
  if (code === undefined || /^succeeded\(\)(?: and |$)/.test(code.text)) return [];
  if (code.text === 'failed()' || code.text === 'timed_out()') return [transition];
  return [{ ...transition, when: condition(allOf('and', [notCode(SUCCEEDED), code])) }];
}
