import { describe, expect, test } from 'vitest';
import { WORKFLOW_KEYS } from './key-order.ts';
import { formatYaml } from './format.ts';
import { notesOfHead, notesOfTask } from '../workflow/generated/validate-workflow.js';

const formatted = (text: string): string => {
  const result = formatYaml(text);
  expect(result.diagnostics).toEqual([]);
  return result.text;
};

describe('order of keys', () => {
  test('of a workflow and its tasks, whatever their style', () => {
    const text = `
output: { a: 1 }
tasks:
  - next: [{ do: b, when: failed() }]
    input: { b: 1, a: 2 }
    retry: { delay: 1s, count: 2 }
    action: core.echo
    name: a
  - { next: [], action: core.noop, name: b }
limits: { failures: 1, task-runs: 2 }
vars: { z: 1, y: 2 }
name: x
`;
    expect(formatted(text)).toBe(`name: x
vars: { z: 1, y: 2 }
limits: { task-runs: 2, failures: 1 }
tasks:
  - name: a
    action: core.echo
    retry: { count: 2, delay: 1s }
    input: { b: 1, a: 2 }
    next: [{ when: failed(), do: b }]
  - { name: b, action: core.noop, next: [] }
output: { a: 1 }
`);
  });

  test('tasks by name, below workflow:', () => {
    const text = 'workflow:\n  tasks:\n    one:\n      input: {}\n      action: core.noop\n    two:\n  name: x\n';
    const expected = 'workflow:\n  name: x\n  tasks:\n    one:\n      action: core.noop\n      input: {}\n    two:\n';
    expect(formatted(text)).toBe(expected);
  });

  test('every key of the schema has its place, and no other', () => {
    const { tasks } = WORKFLOW_KEYS.parts;
    expect([...WORKFLOW_KEYS.keys].sort()).toEqual([...(notesOfHead['']?.keys ?? []), 'tasks'].sort());
    expect([...(tasks?.keys ?? [])].sort()).toEqual([...(notesOfTask['']?.keys ?? [])].sort());
  });

  test("merges come first, the author's own keys before what may use them, unknown ones last", () => {
    const text = 'tasks: [{ name: a }]\nfoo: 1\nparameters: {}\nx-b: &b { delay: 1s, count: 1 }\n';
    expect(formatted(text)).toBe('x-b: &b { delay: 1s, count: 1 }\nparameters: {}\ntasks: [{ name: a }]\nfoo: 1\n');
    const merged = 'x-b: &b { timeout: 1s }\ntasks:\n  - name: a\n    <<: *b\n';
    expect(formatted(merged)).toBe('x-b: &b { timeout: 1s }\ntasks:\n  - <<: *b\n    name: a\n');
  });

  test('an alias never comes to stand before its anchor, nor behind another of the same name', () => {
    const text = 'tasks: [{ name: a, input: &i { a: 1 } }]\nvars: *i\nname: x\n';
    expect(formatted(text)).toBe(text);
    const twice = 'output: { a: &i 1 }\nname: &i x\nversion: *i\ntasks: []\n';
    expect(formatted(twice)).toBe(twice);
  });

  test('what is no workflow keeps its order and its spelling', () => {
    for (const text of [
      'services: {}\nwith_items: 1\nname: x\n',
      'workflow: deploy.yaml\ntasks:\n  deploy:\n    on_success: 1\n    action: x\nname: x\n',
    ])
      expect(formatted(text)).toBe(text);
  });
});

describe('spelling', () => {
  test("heddle's own keys become kebab-case, inputs, variables and outputs do not", () => {
    const text = `vars: { on_cancel: 1 }
on_cancel: finish
tasks:
  - name: a
    with_items: [1]
    "batch_size": 2
    retry: { count: 1, max_delay: 1s }
    input: { with_items: 1, max_bytes: 2 }
    on_success: { publish: { batch_size: 1 } }
output: { batch_size: 1 }
`;
    expect(formatted(text)).toBe(`vars: { on_cancel: 1 }
on-cancel: finish
tasks:
  - name: a
    with-items: [1]
    "batch-size": 2
    retry: { count: 1, max-delay: 1s }
    input: { with_items: 1, max_bytes: 2 }
    on-success: { publish: { batch_size: 1 } }
output: { batch_size: 1 }
`);
  });

  test('a key that stands there in both spellings is left to validate', () => {
    const text = 'tasks:\n  - name: a\n    on-success: b\n    on_success: c\n';
    expect(formatted(text)).toBe(text);
  });
});

describe('layout', () => {
  test('indentation, spaces, blank lines, line ends', () => {
    const text =
      '\uFEFF\r\n\r\nname:   x\r\n\r\n\r\n\r\ntasks:\r\n\r\n-   name:  a\r\n    action:\t core.noop  \r\n    input:\r\n        a: [1,2,  {b: 1}]\r\n        c: {}\r\n-\r\n  name: b';
    const expected =
      'name: x\n\ntasks:\n  - name: a\n    action: core.noop\n    input:\n      a: [1, 2, { b: 1 }]\n      c: {}\n  - name: b\n';
    expect(formatted(text)).toBe(expected);
  });

  test('block texts keep their text, at whatever indentation', () => {
    const text =
      'tasks:\n- name: a\n  input:\n        a: >- # folded\n            one\n              two\n\n            three  \n        b: |2+\n             x\n\n\n        c: |\n         y\n\n- name: b\n';
    const expected =
      'tasks:\n  - name: a\n    input:\n      a: >- # folded\n        one\n          two\n\n        three  \n      b: |2+\n           x\n\n\n      c: |\n        y\n\n  - name: b\n';
    expect(formatted(text)).toBe(expected);
  });

  test('scalars of several lines and flow collections of several lines keep their line breaks', () => {
    const text = `tasks:
- name: a
  description: one
   two
  input:
          a: "x \\"
             y\\
               z"
          b:
            on the next line
          c: [ 1, # one
             {x: 1,
               y: 2}, *z,

             ]
          z: &z { 'a' : &y 1 , b, "c":d }
`.replace('*z', "'w'");
    expect(formatted(text)).toBe(`tasks:
  - name: a
    description: one
      two
    input:
      a: "x \\"
        y\\
        z"
      b:
        on the next line
      c: [1, # one
          { x: 1,
            y: 2 }, 'w',
        ]
      z: &z { 'a': &y 1, b, "c": d }
`);
  });

  test('markers of documents, directives and tags', () => {
    const text = '%YAML 1.2\n--- # start\n# about\nname: !!str 1\ntasks: !!seq\n- &a\n  name: x\n...\n# rest\n';
    expect(formatted(text)).toBe(
      '%YAML 1.2\n--- # start\n# about\nname: !!str 1\ntasks: !!seq\n  - &a\n    name: x\n...\n# rest\n',
    );
  });
});

describe('comments', () => {
  test('go along with what they are about', () => {
    const text = `# yaml-language-server: $schema=x
# about tasks
tasks: # all of them

  # the first
  - input: # what it gets
      a: 1 # one
      # end of the input
    # the name
    name: a
    # end of the first

  # end of the tasks
# about the name

# right above it
name: x # called x
# end
`;
    expect(formatted(text)).toBe(`# yaml-language-server: $schema=x
# about the name

# right above it
name: x # called x
# about tasks
tasks: # all of them
  # the first
  # the name
  - name: a
    input: # what it gets
      a: 1 # one
      # end of the input
    # end of the first

  # end of the tasks
# end
`);
  });

  test('those above a blank line at the start are about the file', () => {
    expect(formatted('# licence\n\n# tasks\ntasks: []\nname: x\n')).toBe('# licence\n\nname: x\n# tasks\ntasks: []\n');
    expect(formatted('# licence\n\ntasks: []\nname: x\n')).toBe('# licence\n\nname: x\ntasks: []\n');
  });

  test('between a dash or a key and what belongs to it', () => {
    const text =
      'tasks:\n- # one\n  name: a\n-\n  # two\n  name: b\n  when:\n    # why\n    x == 1 # and\n  needs:\n  # none\n';
    const expected =
      'tasks:\n  - # one\n    name: a\n  # two\n  - name: b\n    when:\n      # why\n      x == 1 # and\n    needs:\n    # none\n';
    expect(formatted(text)).toBe(expected);
  });
});

describe('what is not formatted', () => {
  test.each([
    ['tasks:\n  ? name\n  : 1\n', "a key is written with '?'", 2],
    ['--- { tasks: [] }\n', 'content stands on the line of ---', 1],
    ['{ tasks: [] }\n', 'the file is not a mapping in block style', 1],
    ['- a\n', 'the file is not a mapping in block style', 1],
    ['a:\n  &a\n  b: 1\n', 'an anchor or a tag stands on a line after its key', 2],
    ['[a, b]: 1\n', 'A key must be a name', 1],
  ])('%j', (text, reason, line) => {
    const { text: after, diagnostics } = formatYaml(text, { file: 'x.yaml' });
    expect(after).toBe(text);
    expect(diagnostics[0]).toMatchObject({ file: 'x.yaml', line, message: expect.stringContaining(reason) as string });
  });

  test('what is no YAML is told about', () => {
    const { text, diagnostics } = formatYaml('a: b: c\r\n');
    expect(text).toBe('a: b: c\r\n');
    expect(diagnostics).toMatchObject([{ severity: 'error', code: 'HEDDLE_YAML_SYNTAX', line: 1 }]);
  });

  test('nothing is nothing', () => {
    expect(formatYaml(' \n\n')).toEqual({ text: '', diagnostics: [] });
    expect(formatYaml('# only\n').text).toBe('# only\n');
  });
});
