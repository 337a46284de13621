import type { Change, ModelTask, ModelTransition, ModelWorkflow, When } from './workflow.ts';

/** An abstract workflow as a heddle workflow, every task of which calls `test.step` with its own name. */
export function toYaml(workflow: ModelWorkflow): string {
  const variables = Object.keys(workflow.variables);
  return [
    'name: model',
    `order: ${workflow.order}`,
    ...(workflow.limit === undefined ? [] : [`limits: { task-runs: ${workflow.limit} }`]),
    ...section(
      'vars',
      Object.entries(workflow.variables).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ),
    ...section(
      'tasks',
      workflow.tasks.flatMap((task) => element(taskLines(task))),
    ),
    ...section(
      'output',
      variables.map((name) => `${name}: << workflow.${name} >>`),
    ),
    '',
  ].join('\n');
}

function taskLines(task: ModelTask): readonly string[] {
  const { name, join, needs, skipWhen, retry } = task;
  return [
    `name: ${name}`,
    'action: test.step',
    `input: { task: ${name} }`,
    ...(join === undefined ? [] : [`join: ${join}`]),
    ...(needs === undefined ? [] : [`needs: [${needs.join(', ')}]`]),
    ...(skipWhen === undefined
      ? []
      : [`when: ${skipWhen === true ? '1 == 2' : `workflow.${skipWhen[0]} >= ${skipWhen[1]}`}`]),
    ...(retry === undefined ? [] : [`retry: { count: ${retry} }`]),
    ...section(
      'next',
      task.next.flatMap((transition) => element(transitionLines(transition))),
    ),
  ];
}

function transitionLines(transition: ModelTransition): readonly string[] {
  const { when, publish = [], do: names } = transition;
  return [
    ...(when === 'always' ? [] : [`when: ${condition(when)}`]),
    ...section(
      'publish',
      publish.map(([variable, change]) => `- ${variable}: ${value(change)}`),
    ),
    ...(names.length === 0 ? [] : [`do: [${names.join(', ')}]`]),
  ];
}

function condition(when: When): string {
  if (typeof when === 'string') return `${when}()`;
  const [test, variable, bound] = when;
  const below = `workflow.${variable} < ${bound}`;
  return test === 'counter-below' ? below : `succeeded() and ${below}`;
}

function value(change: Change): string {
  return 'const' in change ? JSON.stringify(change.const) : `<< workflow.${change.increment} + 1 >>`;
}

function section(key: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${key}:`, ...lines.map((line) => `  ${line}`)];
}

function element(lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));
}
