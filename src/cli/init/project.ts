import { readSchema } from '../package-files.ts';

/** A file of the example, by its path from the project's directory. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

const WORKFLOW = `# yaml-language-server: $schema=../schemas/workflow.schema.json
name: hello
description: Compose a greeting for everyone on a list

parameters:
  names:
    type: array
    items: { type: string }
    default: [Ada, Grace, Alan]
    description: Whom to greet

tasks:
  # One iteration for each name. The action is in actions/greeting.ts.
  - name: compose
    action: greeting.compose
    with-items: << parameters.names >>
    as: person
    key: person
    concurrency: 2
    input:
      name: << person >>

  - name: tell
    action: core.log
    input:
      message: Composed << length(task.compose) >> greetings

output:
  greetings: << task.compose | map(greeting => greeting.text) >>
`;

const ACTION = `import { defineAction } from 'heddle';

/** Actions are functions with a name and a description of their input; heddle checks the input before it calls them. */
export const compose = defineAction({
  name: 'greeting.compose',
  description: 'Compose a greeting',
  input: {
    type: 'object',
    properties: { name: { type: 'string', minLength: 1, description: 'Whom to greet' } },
    required: ['name'],
    additionalProperties: false,
  },
  run: ({ name }) => ({ text: \`Hello, \${name}!\` }),
});
`;

const CONFIG = `/** What \`heddle\` loads for every workflow of this project. */
export default {
  actions: ['./actions/greeting.ts'],
};
`;

const REHEARSAL = `# yaml-language-server: $schema=../schemas/rehearsal.schema.json
# Rehearsals run a workflow with mocked actions: \`heddle test\`.
workflow: ../workflows/hello.yaml
rehearsals:
  - name: greets everyone on the list
    parameters: { names: [Ada, Grace] }
    allow: [greeting.compose]
    expect:
      tasks: [compose, tell]
      output: { greetings: ['Hello, Ada!', 'Hello, Grace!'] }

  - name: fails when a greeting cannot be composed
    parameters: { names: [Ada, Grace] }
    mocks:
      - { task: compose, item: 1, error: no ink left }
      - { task: compose, result: { text: Hello } }
    expect:
      status: failed
      statuses: { compose: failed, tell: pending }
`;

const GITIGNORE = `node_modules/
.heddle/
`;

/** The files of a working example: a workflow with its schema, an action, a configuration and a rehearsal. */
export function projectFiles(): readonly ProjectFile[] {
  return [
    { path: 'workflows/hello.yaml', text: WORKFLOW },
    { path: 'actions/greeting.ts', text: ACTION },
    { path: 'rehearsals/hello.rehearsal.yaml', text: REHEARSAL },
    { path: 'heddle.config.ts', text: CONFIG },
    { path: 'schemas/workflow.schema.json', text: readSchema('workflow.schema.json') },
    { path: 'schemas/rehearsal.schema.json', text: readSchema('rehearsal.schema.json') },
    { path: '.gitignore', text: GITIGNORE },
  ];
}
