import { atom, memberCode, otherwiseCode, translateTemplate, type Code } from '../expression/index.ts';
import { mapping, scalar, type OutputEntry, type OutputNode, type OutputPlace } from '../output-node.ts';
import type { ImportSource, SourcedEntry, SourcedMapping } from '../source.ts';
import { literalValue, translateValue } from '../value.ts';
import { reportSharedNames } from './branches.ts';
import { declaredParameter, type Metadata } from './metadata.ts';
import { OrquestaNames } from './names.ts';
import { translateTask } from './task.ts';
import { publishedNames, readNamedValues, Variables, type NamedValue } from './variables.ts';

/** Words that cannot be names of tasks. */
const COMMANDS: ReadonlySet<string> = new Set(['noop', 'fail', 'continue', 'retry']);

/** Translates the root of an Orquesta workflow to the entries of one of heddle. */
export function translateWorkflow(
  source: ImportSource,
  root: SourcedMapping,
  name: string | undefined,
  metadata?: Metadata,
): OutputEntry[] {
  const sections = new Map(source.entries(root).map((entry) => [entry.name, entry]));
  for (const [key, { path }] of sections) {
    if (!SECTIONS.has(key)) source.invalid(path, `There is no key '${key}' in a workflow of Orquesta.`, 'key');
  }
  checkVersion(source, sections.get('version'));
  const tasks = taskEntries(source, root, sections.get('tasks'));
  reportSharedNames(source, tasks);
  const inputs = named(source, sections.get('input'), 'input');
  const vars = named(source, sections.get('vars'), 'vars');
  const variables = new Variables(inputs, vars, published(source, tasks));
  return [
    ...(name === undefined ? [] : [{ key: 'name', value: scalar(name) }]),
    ...description(source, sections.get('description'), metadata?.description),
    ...parameters(source, variables, sections.get('input'), metadata),
    ...variablesOf(source, variables, sections.get('vars')),
    ...order(source, tasks),
    ...tasksOf(source, tasks, variables, sections.get('tasks')),
    ...outputOf(source, variables, sections.get('output')),
  ];
}

const SECTIONS: ReadonlySet<string> = new Set(['version', 'description', 'input', 'vars', 'tasks', 'output']);

function checkVersion(source: ImportSource, version: SourcedEntry | undefined): void {
  if (version === undefined) return;
  const { node, path } = version;
  if (node.kind !== 'scalar' || Number(node.text) !== 1) {
    source.invalid(path, 'Only version 1.0 of Orquesta is known.');
  }
}

function description(
  source: ImportSource,
  entry: SourcedEntry | undefined,
  otherwise: string | undefined,
): OutputEntry[] {
  if (entry === undefined) return otherwise === undefined ? [] : [{ key: 'description', value: scalar(otherwise) }];
  const text = source.asScalar(entry, '`description` is a text.')?.node.text.trim() ?? '';
  return text === '' ? [] : [{ key: 'description', line: entry.keyLine, value: scalar(text) }];
}

function named(source: ImportSource, entry: SourcedEntry | undefined, what: string): NamedValue[] {
  return entry === undefined ? [] : readNamedValues(source, entry, `\`${what}\``);
}

function taskEntries(source: ImportSource, root: SourcedMapping, tasks: SourcedEntry | undefined): SourcedEntry[] {
  if (tasks === undefined) {
    source.invalid(root.path, 'A workflow of Orquesta has `tasks`.');
    return [];
  }
  const entries = source.asMapping(tasks, '`tasks` is a mapping from the name of each task to the task.');
  return entries === undefined ? [] : source.entries(entries);
}

function published(source: ImportSource, tasks: readonly SourcedEntry[]): string[] {
  return tasks.flatMap((task) =>
    inside(source, task)
      .filter(({ name }) => name === 'next')
      .flatMap((next) => (next.node.kind === 'sequence' ? source.items({ ...next, node: next.node }) : []))
      .flatMap((transition) =>
        transition.node.kind === 'mapping' ? source.entries({ ...transition, node: transition.node }) : [],
      )
      .filter(({ name }) => name === 'publish')
      .flatMap((publish) => publishedNames(source, publish)),
  );
}

function inside(source: ImportSource, entry: SourcedEntry): SourcedEntry[] {
  return entry.node.kind === 'mapping' ? source.entries({ ...entry, node: entry.node }) : [];
}

/** What a run is given. A default that is computed becomes the first value of a variable. */
function parameters(
  source: ImportSource,
  variables: Variables,
  section: SourcedEntry | undefined,
  metadata: Metadata | undefined,
): OutputEntry[] {
  if (variables.inputs.length === 0) return [];
  const entries = variables.inputs.map((input): OutputEntry => {
    const known = variables.isComputed(input) ? [] : defaultOf(source, input);
    const declared = metadata?.parameters.get(input.name);
    const { entries: all, notes } =
      metadata === undefined || declared === undefined
        ? { entries: known, notes: [] }
        : declaredParameter(metadata, declared, known);
    return { key: input.name, line: input.line, value: mapping(all, { flow: true }), notes };
  });
  return [{ key: 'parameters', apart: true, line: section?.keyLine, value: mapping(entries) }];
}

function defaultOf(source: ImportSource, { value }: NamedValue): OutputEntry[] {
  if (value === undefined || (value.node.kind === 'scalar' && value.node.value === null)) return [];
  const given = literalValue(source, value);
  return [
    { key: 'type', value: scalar(schemaType(given)) },
    { key: 'default', value: given },
  ];
}

function schemaType(node: OutputNode): string {
  if (node.kind === 'sequence') return 'array';
  if (node.kind === 'mapping') return 'object';
  if (typeof node.value === 'number') return Number.isInteger(node.value) ? 'integer' : 'number';
  return typeof node.value === 'boolean' ? 'boolean' : 'string';
}

/** `vars`, after those inputs that the workflow changes. */
function variablesOf(source: ImportSource, variables: Variables, section: SourcedEntry | undefined): OutputEntry[] {
  // An input that `vars` gives another value is read as a parameter until then.
  const given = new Map(
    variables.inputs
      .filter(({ name }) => variables.isDeclared(name))
      .map(({ name }) => [name, memberCode(atom('parameters'), name)]),
  );
  const changed = variables.inputs
    .filter((input) => variables.isVariableToo(input) && !variables.isDeclared(input.name))
    .map((input): OutputEntry => {
      const parameter = memberCode(atom('parameters'), input.name);
      if (input.value === undefined || !variables.isComputed(input)) {
        return { key: input.name, value: scalar(`<< ${parameter.text} >>`) };
      }
      const names = new OrquestaNames(variables, undefined, given);
      return { key: input.name, ...fallback(source, input.value, parameter, names) };
    });
  const own = variables.vars.map(({ name, line, value }): OutputEntry => {
    const names = new OrquestaNames(variables, undefined, given);
    const translated = value === undefined ? { value: scalar(null) } : translateValue(source, value, names);
    given.delete(name);
    return { key: name, line, ...translated };
  });
  const entries = [...changed, ...own];
  return entries.length === 0 ? [] : [{ key: 'vars', apart: true, line: section?.keyLine, value: mapping(entries) }];
}

/** What is given, else what is computed. */
function fallback(source: ImportSource, value: SourcedEntry, given: Code, names: OrquestaNames) {
  const { node } = value;
  const translated = node.kind === 'scalar' ? translateTemplate(node.text, names) : undefined;
  const computed = translated?.code ?? translated?.joined;
  if (translated !== undefined) source.problems(value.path, translated.problems);
  else source.lost(value.path, 'A list or mapping that is computed has no counterpart as a default.');
  if (computed !== undefined) return { value: scalar(`<< ${otherwiseCode(given, computed).text} >>`) };
  return { value: scalar(`<< ${given.text} >>`), notes: ['not translated: the default'] };
}

/** Orquesta starts all tasks at once that nothing leads to; heddle goes from top to bottom where nothing leads anywhere. */
function order(source: ImportSource, tasks: readonly SourcedEntry[]): OutputEntry[] {
  const isGraph = tasks.some((task) =>
    inside(source, task).some(
      ({ name, node }) => name === 'join' || (name === 'next' && doNames(node).some((each) => !COMMANDS.has(each))),
    ),
  );
  return isGraph || tasks.length < 2 ? [] : [{ key: 'order', apart: true, value: scalar('graph') }];
}

function doNames(next: SourcedEntry['node']): string[] {
  if (next.kind !== 'sequence') return [];
  return next.items.flatMap((item) => {
    const names = item.kind === 'mapping' ? item.entries.get('do')?.value : undefined;
    if (names?.kind === 'scalar') return names.text.split(',').map((name) => name.trim());
    return names?.kind === 'sequence' ? names.items.map((each) => (each.kind === 'scalar' ? each.text : '')) : [];
  });
}

function tasksOf(
  source: ImportSource,
  tasks: readonly SourcedEntry[],
  variables: Variables,
  section: SourcedEntry | undefined,
): OutputEntry[] {
  const items = tasks.map((task, index): OutputPlace => {
    if (COMMANDS.has(task.name))
      source.invalid(task.path, `'${task.name}' is a command, and no name of a task.`, 'key');
    return { ...translateTask(source, task, task.name, variables), apart: index > 0 };
  });
  return [{ key: 'tasks', apart: true, line: section?.keyLine, value: { kind: 'sequence', items, flow: false } }];
}

/** In Orquesta an entry of `output` reads those above it like variables: here it repeats them. */
function outputOf(source: ImportSource, variables: Variables, section: SourcedEntry | undefined): OutputEntry[] {
  if (section === undefined) return [];
  const given = new Map<string, Code>();
  const entries = named(source, section, 'output').map(({ name, line, value }): OutputEntry => {
    const names = new OrquestaNames(variables, undefined, new Map(given));
    const translated = value === undefined ? { value: scalar(null) } : translateValue(source, value, names);
    if (value?.node.kind === 'scalar') {
      const { code } = translateTemplate(value.node.text, names);
      if (code !== undefined) given.set(name, code);
    }
    return { key: name, line, ...translated };
  });
  if (entries.length === 0) return [];
  return [{ key: 'output', apart: true, line: section.keyLine, value: mapping(entries) }];
}
