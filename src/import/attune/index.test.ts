import { describe, expect, test } from 'vitest';
import { checkWorkflowText } from '../../node/load-workflow.ts';
import { formatYaml } from '../../format/index.ts';
import { importAttune } from './index.ts';

interface Imported {
  readonly text: string;
  /** `3:5 HEDDLE_IMPORT_LOST`, with the file where it is not the first. */
  readonly found: readonly string[];
}

function imported(text: string, files: Readonly<Record<string, string>> = {}, file = 'deploy.yaml'): Imported {
  const open = (path: string) => (files[path] === undefined ? undefined : { text: files[path], file: path });
  const result = importAttune(text, { file, open });
  const found = result.diagnostics.map((each) => {
    return `${each.file === file ? '' : `${each.file ?? ''}:`}${each.line}:${each.column} ${each.code.replace('HEDDLE_IMPORT_', '')}`;
  });
  return { text: result.text, found };
}

/** The translation of a workflow in which nothing is lost: it is valid, and laid out as `heddle fmt` would. */
function translated(text: string): string {
  const result = imported(text);
  const { diagnostics } = checkWorkflowText(result.text, { actions: [], allowUnknownActions: true });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(formatYaml(result.text).text).toBe(result.text);
  return result.text;
}

const messages = (text: string): string[] => importAttune(text).diagnostics.map(({ message }) => message);

/** The tasks of a workflow whose head is nothing but a version. */
function tasks(text: string): string {
  return translated(`version: 1.0.0\ntasks:\n${text}`)
    .replace(/^(name: deploy|version: 1\.0\.0|on-cancel: finish|order: graph|)\n/gm, '')
    .replace(/^tasks:\n/, '');
}

describe('the two files of a workflow', () => {
  const action = `# about the action
ref: shop.deploy
label: Deploy
description: Deploys the shop # at once
enabled: true
workflow_file: workflows/deploy.workflow.yaml
parameters:
  # where to
  region:
    type: string
    required: true
    description: The region
  token: { type: string, secret: true }
  size:
    type: integer
    default: 3
    minimum: 1 # never none
tags: [shop]
`;
  const graph = `# about the graph
version: "2.0.0"

vars:
  done: false

tasks:
  # the one task
  - name: deploy
    action: shop.deploy_region
    input:
      region: "{{ parameters.region }}"
    next:
      - when: "{{ succeeded() }}"
        publish:
          - done: true # at last

output_map:
  done: "{{ workflow.done }}"
`;
  const expected = `# about the action

# about the graph
# Label: Deploy
name: deploy
version: 2.0.0
description: Deploys the shop # at once
tags: [shop]

parameters:
  # where to
  region: { type: string, required: true, description: The region }
  token: { type: string, secret: true }
  size:
    type: integer
    default: 3
    minimum: 1 # never none

vars:
  done: false

on-cancel: finish

tasks:
  # the one task
  - name: deploy
    action: shop.deploy_region
    input:
      region: << parameters.region >>
    next:
      - when: succeeded()
        publish:
          done: true # at last

output:
  done: << workflow.done >>
`;

  test('from the action', () => {
    expect(imported(action, { 'workflows/deploy.workflow.yaml': graph })).toEqual({ text: expected, found: [] });
  });

  test('from the graph, beside which the action stands', () => {
    const file = 'actions/workflows/deploy.workflow.yaml';
    expect(imported(graph, { '../deploy.yaml': action }, file).text).toBe(expected);
    // An action that names another graph is another workflow's.
    const other = action.replace('deploy.workflow', 'other.workflow');
    expect(imported(graph, { '../deploy.yaml': other }, file).text).toMatch(/^# about the graph\nname: deploy\n/);
  });

  test('lines of the translation lead back to the file that was given', () => {
    const { sources, text } = importAttune(action, {
      file: 'deploy.yaml',
      open: () => ({ text: graph, file: 'workflows/deploy.workflow.yaml' }),
    });
    const lines = text.split('\n');
    expect(sources[lines.indexOf('  token: { type: string, secret: true }')]).toBe(13);
    expect(sources[lines.indexOf('    action: shop.deploy_region')]).toBeUndefined();
    const own = importAttune(graph).sources;
    expect(own[importAttune(graph).text.split('\n').indexOf('    action: shop.deploy_region')]).toBe(10);
  });

  test('what is wrong in either file is told with that file', () => {
    const files = { 'workflows/deploy.workflow.yaml': graph.replace('    action:', '    actoin:') };
    expect(imported(`${action}runner_type: native\n`, files).found).toEqual([
      '19:1 INVALID',
      'workflows/deploy.workflow.yaml:10:5 INVALID',
    ]);
    expect(imported(action)).toEqual({ text: '', found: ['6:16 INVALID'] });
    expect(imported(action, { 'workflows/deploy.workflow.yaml': '' })).toEqual({
      text: '',
      found: ['workflows/deploy.workflow.yaml:1:1 INVALID'],
    });
  });
});

test('one file holds everything', () => {
  const text = `ref: shop.old
label: Old Deploy
version: 1.0.0
parameters:
  type: object
  properties:
    region: { type: string }
    size: { type: integer, default: 1 }
  required: [region]
vars:
  - count: 0
  - names: []
cancellation_policy: cancel_running
tasks:
  - name: one
    action: core.noop
  - name: two
    action: core.noop
output_map:
  region: "{{ parameters.region }}"
  count: "{{ count }}"
  names: "{{ variables.names }}"
`;
  expect(translated(text)).toBe(`name: old
version: 1.0.0
description: Old Deploy

parameters:
  region: { type: string, required: true }
  size: { type: integer, default: 1 }

vars:
  count: 0
  names: []

order: graph

tasks:
  - name: one
    action: core.noop

  - name: two
    action: core.noop

output:
  region: << parameters.region >>
  count: << workflow.count >>
  names: << workflow.names >>
`);
});

describe('tasks', () => {
  test('with items, batches, retry, delay, timeout, join', () => {
    const text = `  - name: first
    action: shop.first
    next:
      - do: [all, each]
  - name: each
    action: shop.each
    with_items: "{{ parameters.regions }}"
    batch_size: 10
    concurrency: 2
    delay: 5
    timeout: 600
    retry:
      count: 3
      delay: 10
      backoff: exponential
      max_delay: 120
    input:
      region: "{{ item }}"
      text: "{{ index }} of {{ length(parameters.regions) }}"
      yes: yes
    next:
      - when: "{{ succeeded() }}"
        do:
          - all
  - name: all
    join: 2
    action: core.noop
    input: {}
`;
    expect(tasks(text)).toBe(`  - name: first
    action: shop.first
    next:
      - do: [all, each]
  - name: each
    action: shop.each
    with-items: << parameters.regions >>
    batch-size: 10
    concurrency: 2
    delay: 5
    timeout: 600
    retry: { count: 3, delay: 10, backoff: exponential, max-delay: 120 }
    input:
      region: << item >>
      text: << index >> of << length(parameters.regions) >>
      'yes': 'yes'
    next:
      - when: succeeded()
        do: all
  - name: all
    action: core.noop
    join: 2
    input: {}
`);
  });

  test('by name, with a condition of their own, and a type that says nothing new', () => {
    const text = `  first: { type: action, action: shop.first, when: "{{ parameters.go }}" }\n  second: { action: shop.second }\n`;
    expect(tasks(text)).toBe(
      '  - name: first\n    action: shop.first\n    when: parameters.go\n  - name: second\n    action: shop.second\n',
    );
  });

  test('retry.on_error is asked after failures only', () => {
    const text = `  - name: a\n    action: x.y\n    retry: { count: 1, delay: 0, on_error: "{{ result().code == 503 }}" }\n`;
    expect(tasks(text)).toContain('when: not succeeded() and result().code == 503');
  });

  test('a selector of workers is a queue', () => {
    const selector = (labels: string) =>
      `version: 1.0.0\ntasks:\n  - name: a\n    action: x.y\n    worker_selector: ${labels}\n`;
    expect(imported(selector('{ gpu: "true" }')).text).toContain('    queue: gpu\n');
    const several = imported(selector('{ gpu: "true", zone: eu }'));
    expect(several.text).toContain('    queue: gpu.zone-eu\n');
    expect(several.found).toEqual(['5:22 CHANGED']);
    expect(imported(selector('{ "team/a": b c }')).text).toContain('    queue: team-a-b-c\n');
    expect(imported(selector('{}'))).toMatchObject({ found: [], text: expect.not.stringContaining('queue') as string });
    const computed = imported(selector('"{{ workflow.labels }}"'));
    expect(computed.text).toContain(
      "    # not translated: give the task a queue\n    worker_selector: '{{ workflow.labels }}'\n",
    );
    expect(computed.found).toEqual(['5:22 LOST']);
  });

  test('what has no counterpart is told, each at its place', () => {
    const text = `version: 1.0.0
tasks:
  - name: a
    action: x.y
    permission_set_refs: [standard]
    trace_tag_template: "{{ parameters.id }}"
    worker_tolerations: []
    worker_affinity: {}
    __chart_meta__: { position: { x: 1, y: 2 } }
    iterate_cache:
      namespace: users
    batch_size: 5
    next:
      - do: b
        __chart_meta__: { color: red }
  - name: b
    type: parallel
    tasks:
      - { name: c, action: x.c }
`;
    const result = imported(text);
    expect(result.found).toEqual([
      '5:26 CHANGED',
      '6:25 CHANGED',
      '7:25 CHANGED',
      '8:22 CHANGED',
      '11:7 LOST',
      '19:7 LOST',
    ]);
    expect(result.text).toContain(
      '    # not translated: there are no data caches\n    iterate_cache: { namespace: users }\n',
    );
    expect(result.text).toContain('    # not translated: tasks within a task\n    tasks:\n');
    expect(result.text).not.toMatch(/chart|permission|tolerations|affinity/);
  });

  test('of no use: no name, no mapping, unknown keys, unknown targets', () => {
    const text = `version: 1.0.0\ntasks:\n  - action: x.y\n  - x\n  - name: a\n    loop: 1\n    retry: { times: 1 }\n    next: [{ go: a, do: nobody }, b]\n`;
    expect(imported(text).found).toEqual([
      '3:5 INVALID',
      '4:5 INVALID',
      '6:5 INVALID',
      '7:14 INVALID',
      '8:14 INVALID',
      '8:25 INVALID',
      '8:35 INVALID',
    ]);
    expect(messages('version: 1.0.0\n')).toEqual(['A workflow of Attune has `tasks`.']);
    expect(messages('version: 1.0.0\ntasks: []\n')).toEqual(['`tasks` is a list of tasks.']);
    expect(messages('a: b: c\n')).toHaveLength(1);
    expect(messages('- x\n')).toEqual(['A workflow is a mapping.']);
  });
});

describe('transitions', () => {
  const after =
    '  - { name: b, action: x.b }\n  - { name: c, action: x.c }\n  - { name: d, action: x.d }\n  - { name: e, action: x.e }\n';
  const nextOf = (keys: string): string =>
    tasks(`  - name: a\n    action: x.a\n${keys.replaceAll(/^(?=.)/gm, '    ')}${after}`)
      .replace(/^ {2}- name: a\n {4}action: x\.a\n/, '')
      .replace(/ {2}- name: b[^]*/, '')
      .replaceAll(/^ {4}/gm, '');

  test('older keys, in the order in which Attune takes them', () => {
    expect(nextOf('on_timeout: e\non_complete: d\non_failure: c\non_success: b\n')).toBe(`next:
  - when: succeeded()
    do: b
  - when: failed()
    do: c
  - do: d
  - when: timed_out()
    do: e
`);
  });

  test('publish goes to the transition for success, else to the first, else it is one', () => {
    expect(nextOf('on_success: b\non_complete: c\npublish: [{ x: done }]\n')).toBe(
      'next:\n  - when: succeeded()\n    publish:\n      x: done\n    do: b\n  - do: c\n',
    );
    expect(nextOf('on_failure: b\npublish: { x: done }\n')).toBe(
      'next:\n  - when: failed()\n    publish:\n      x: done\n    do: b\n',
    );
    expect(nextOf('publish:\n  - everything\n')).toBe(
      'next:\n  - when: succeeded()\n    publish:\n      everything: << result() >>\n',
    );
  });

  test('a decision; its default is taken where nothing else is', () => {
    const keys = `decision:
  - when: "{{ result().status == 'ok' }}"
    next: b
  - when: "{{ result().status == 'error' }}"
    next: c
  - default: true
    next: d
`;
    expect(nextOf(keys)).toBe(`next:
  - when: result().status == 'ok'
    do: b
  - when: result().status == 'error'
    do: c
  - when: not (result().status == 'ok' or result().status == 'error')
    do: d
`);
    expect(
      messages(`version: 1.0.0\ntasks:\n  - name: a\n    action: x.a\n${keys.replaceAll(/^(?=.)/gm, '    ')}${after}`),
    ).toHaveLength(1);
  });

  test('lists of conditions below older keys; a condition within do is lost', () => {
    const keys = `on_success:
  - when: "{{ not parameters.skip }}"
    do: b
  - c
on_failure:
  - when: "{{ parameters.force or parameters.skip }}"
    do: d
`;
    expect(nextOf(keys)).toBe(`next:
  - when: succeeded() and not parameters.skip
    do: b
  - when: succeeded()
    do: c
  - when: failed() and (parameters.force or parameters.skip)
    do: d
`);
    const nested = `version: 1.0.0\ntasks:\n  - name: a\n    action: x.a\n    on_failure:\n      - do:\n          - when: "{{ parameters.x }}"\n            next: b\n${after}`;
    const { found, text } = imported(nested);
    expect(found).toEqual(['7:13 LOST']);
    expect(text).toContain('        # not translated: a condition within do\n        do:\n          - { when: ');
  });

  test('next wins over older keys, as in Attune, and that is told', () => {
    const text = `version: 1.0.0\ntasks:\n  - name: a\n    action: x.a\n    on_success: b\n    next: [{ do: c }]\n${after}`;
    const { found, text: written } = imported(text);
    expect(found).toEqual(['5:17 CHANGED']);
    expect(written).toContain('    next:\n      - do: c\n');
    expect(written).not.toContain('do: b');
  });

  test('conditions without delimiters, constants, names published twice', () => {
    expect(nextOf('next:\n  - when: succeeded() and x == null\n    publish: [{ x: 1 }, { x: 2 }]\n    do: b\n')).toBe(
      'next:\n  - when: succeeded() and workflow.x == null\n    publish:\n      - x: 1\n      - x: 2\n    do: b\n',
    );
    const half =
      'version: 1.0.0\ntasks:\n  - { name: a, action: x.a, next: [{ when: "{{ parameters.x }} == 1", do: a }] }\n';
    expect(imported(half).found).toEqual(['3:44 LOST']);
  });
});

describe('expressions', () => {
  const output = (text: string): string =>
    /^ {2}x: (.*)$/m.exec(
      translated(
        `version: 1.0.0\nvars: { list: [], count: 0 }\ntasks:\n  - { name: fetch, action: x.y }\noutput_map:\n  x: ${JSON.stringify(text)}\n`,
      ),
    )?.[1] ?? '';

  test.each([
    ['{{ parameters.a }}', '<< parameters.a >>'],
    [
      '{{ vars.count }} {{ variables.count }} {{ count }}',
      '<< workflow.count >> << workflow.count >> << workflow.count >>',
    ],
    ['{{ task.fetch.result.items[0].id }}', '<< task.fetch.items[0].id >>'],
    ['{{ tasks.fetch.data }}', '<< task.fetch >>'],
    ['{{ task.fetch.image_uri }}', '<< task.fetch.image_uri >>'],
    ['{{ config.base }}/{{ pack.config.path }}', '<< config.base >>/<< config.path >>'],
    ['{{ keystore.db.password }}', '<< keystore.db.password >>'],
    ['{{ system.workflow_start }}', '<< system.started_at >>'],
    ["{{ match('^a', parameters.a) }}", "<< match(parameters.a, '^a') >>"],
    [
      '{{ length(list) > 0 and not (count in [1, 2]) }}',
      '<< length(workflow.list) > 0 and not workflow.count in [1, 2] >>',
    ],
    ['{{ join(sort(unique(list)), ", ") }}', "<< join(sort(unique(workflow.list)), ', ') >>"],
    ['{{ list | length > 0 }}', '<< length(workflow.list) > 0 >>'],
    ['/tmp/{{ uuid() }}/{{ now() }}', '/tmp/<< uuid() >>/<< now() >>'],
    ['{{ count + 1 }}', '<< workflow.count + 1 >>'],
    ['a << b', 'a \\<< b'],
    ['plain', 'plain'],
  ])('%s is %s', (text, expected) => {
    expect(output(text)).toBe(expected);
  });

  test.each([
    [
      '{{ system.execution_id }}',
      'There is no counterpart for system.execution_id; give it to the run as a parameter.',
    ],
    [
      '{{ task.fetch.error.type }}',
      'The error of a task is error(), in its transitions and in its retry; it has a code and a message.',
    ],
    ['{{ nothing }}', "'nothing' is no name here."],
    ['{{ inquiry.fetch.response }}', "No task 'fetch' waits for an inquiry."],
  ])('%s is told and stays', (text, message) => {
    const source = `version: 1.0.0\ntasks:\n  - { name: fetch, action: x.y }\noutput_map:\n  x: "${text}"\n`;
    expect(messages(source)).toEqual([message]);
    expect(imported(source).text).toContain(`  x: '${text}'\n`);
  });

  test('type_of has another word for a list', () => {
    const source =
      'version: 1.0.0\ntasks:\n  - { name: fetch, action: x.y }\noutput_map: { x: "{{ type_of(task.fetch) }}" }\n';
    expect(imported(source).found).toEqual(['4:22 CHANGED']);
  });
});

describe('an inquiry becomes an approval', () => {
  const workflow = (ask: string, next: string, more = ''): string => `version: 1.0.0
tasks:
  - name: ask
    action: slack.request_approval
    input:
${ask.replaceAll(/^(?=.)/gm, '      ')}    next:
      - do: ship
  - name: ship
    action: shop.ship
    wait_for:
      inquiry: "{{ task.ask.inquiry_id }}"
${more}    input:
      approved: "{{ inquiry.ship.response.approved }}"
    next:
${next.replaceAll(/^(?=.)/gm, '      ')}  - { name: done, action: core.noop }
  - { name: late, action: core.noop }
`;
  const approvalOf = (text: string): string => / {2}- name: ship_approval\n[^]*?(?=\n\n)/.exec(text)?.[0] ?? '';

  test('prompt, schema and timeout come from the action that made it; who leads to the task leads to the approval', () => {
    const ask =
      'prompt: "Ship {{ parameters.app }}?"\nresponse_schema:\n  approved: { type: boolean, required: true }\n  note:\n    type: string\ntimeout_seconds: 3600\n';
    const next =
      '- when: "{{ succeeded() and inquiry.ship.response.approved == true }}"\n  do: done\n- when: "{{ timed_out() }}"\n  do: late\n';
    const text = translated(workflow(ask, next));
    expect(text).toContain('    next:\n      - do: ship_approval\n');
    expect(approvalOf(text)).toBe(`  - name: ship_approval
    action: approval.request
    input:
      prompt: Ship << parameters.app >>?
      schema:
        type: object
        properties:
          approved: { type: boolean }
          note: { type: string }
        required: [approved]
      timeout: 3600
    next:
      - when: succeeded()
        do: ship
      - when: timed_out()
        do: late`);
    expect(text).toContain('      approved: << task.ship_approval.approved >>\n');
    expect(text).toContain('      - when: succeeded() and task.ship_approval.approved == true\n        do: done\n');
    expect(imported(workflow(ask, next)).found).toEqual(['17:7 CHANGED']);
  });

  test('what the task does whatever came of it is done where nobody answers, too', () => {
    const next = '- do: done\n- when: "{{ parameters.x }}"\n  do: late\n- when: "{{ succeeded() }}"\n  do: done\n';
    const text = approvalOf(translated(workflow('prompt: Ship?\n', next)));
    expect(text).toContain(
      '      - when: not succeeded()\n        do: done\n      - when: not succeeded() and parameters.x\n        do: late',
    );
    expect(text.match(/do: done/g)).toHaveLength(1);
  });

  test('a schema that is computed, one that is JSON Schema, a barrier, an inquiry of nobody', () => {
    const next = '- do: done\n';
    const computed = imported(workflow('prompt: Ship?\nresponse_schema: "{{ parameters.schema }}"\n', next));
    expect(computed.text).toContain('      schema: << parameters.schema >>\n');
    expect(computed.found).toContain('7:24 CHANGED');
    const whole = translated(
      workflow('prompt: Ship?\nresponse_schema: { type: object, properties: { ok: { type: boolean } } }\n', next),
    );
    expect(whole).toContain('      schema: { type: object, properties: { ok: { type: boolean } } }\n');
    const joined = translated(workflow('prompt: Ship?\n', next, '    join: 1\n'));
    expect(approvalOf(joined)).toContain('    action: approval.request\n    join: 1\n');
    expect(joined.match(/join/g)).toHaveLength(1);
    const nobody = imported(workflow('prompt: Ship?\n', next).replace('task.ask.inquiry_id', 'parameters.inquiry'));
    expect(nobody.text).toContain('      prompt: Go on with ship?\n');
    expect(
      messages(workflow('prompt: Ship?\n', next).replace('task.ask.inquiry_id', 'parameters.inquiry'))[0],
    ).toContain('What it asks is not in this file.');
  });

  test('keywords of any depth stand in the schema, and their comments where they were', () => {
    const schema =
      'response_schema:\n  to: { type: array, items: { type: string, enum: [a, b] } } # whom\n  max: { type: number, maximum: 1.50 }\n';
    const text = translated(workflow(`prompt: Ship?\n${schema}`, '- do: done\n'));
    expect(approvalOf(text)).toContain(
      '          to: { type: array, items: { type: string, enum: [a, b] } }\n          max: { type: number, maximum: 1.50 }\n',
    );
    expect(text.match(/# whom/g)).toHaveLength(1);
  });

  test('of the answer nothing but the answer is known', () => {
    const next = '- publish: [{ who: "{{ inquiry.ship.responded_by }}" }]\n  do: done\n';
    expect(imported(workflow('prompt: Ship?\n', next)).found).toEqual(['12:7 CHANGED', '16:30 LOST']);
  });
});

test('what a workflow says that heddle does not take is told', () => {
  const text = `ref: a.b
label: B
description: Does it
version: 1.0.0
enabled: false
output: { x: { type: string } }
metadata: { owner: me }
parameters:
  x: { type: string, position: 1 }
tasks: [{ name: a, action: x.y }]
`;
  const { found, text: written } = imported(text);
  expect(found).toEqual(['5:10 CHANGED', '6:9 CHANGED', '7:11 CHANGED', '9:32 CHANGED']);
  expect(written).toMatch(
    /^# Label: B\nname: b\nversion: 1\.0\.0\ndescription: Does it\n\nparameters:\n {2}x: \{ type: string \}\n/,
  );
});
