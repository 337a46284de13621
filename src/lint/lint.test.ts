import { describe, expect, test } from 'vitest';
import { checkWorkflowText } from '../node/load-workflow.ts';
import { parseYaml, type Diagnostic } from '../workflow/index.ts';
import { lintWorkflow, type LintOptions } from './lint.ts';
import { ruleName } from './rule.ts';
import { RULES } from './rules/index.ts';

function lint(text: string, options: LintOptions = {}): readonly Diagnostic[] {
  const { workflow, diagnostics } = checkWorkflowText(text, { actions: [], allowUnknownActions: true });
  if (workflow === null) throw new Error(diagnostics.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return lintWorkflow(workflow, parseYaml(text), options);
}

/** `7 retry-delay`, for each finding. */
function found(text: string, options: LintOptions = {}): string[] {
  const names = new Map(RULES.map((rule) => [rule.code as string, ruleName(rule)]));
  return lint(text, options).map(({ code, line }) => `${line} ${names.get(code) ?? code}`);
}

const task = (body: string, rest = ''): string => `tasks:\n  - name: a\n${body.replaceAll(/^/gm, '    ')}\n${rest}`;

describe('items-concurrency', () => {
  test.each([
    [
      'over a request',
      'action: http.get\ntimeout: 1s\nwith-items: [1, 2]\ninput: { url: "http://x/<< item >>" }',
      ['5 items-concurrency'],
    ],
    ['over files', 'action: file.exists\nwith-items: [a, b]\ninput: { path: << item >> }', ['4 items-concurrency']],
    [
      'over commands',
      'action: shell.run\nwith-items: [1, 2]\ninput: { command: [ls, << item >>] }',
      ['4 items-concurrency'],
    ],
    [
      'with concurrency',
      'action: shell.run\nconcurrency: 1\nwith-items: [1, 2]\ninput: { command: [ls, << item >>] }',
      [],
    ],
    ['one item', 'action: shell.run\nwith-items: [1]\ninput: { command: [ls, << item >>] }', []],
    ['over what does no I/O', 'action: core.echo\nwith-items: [1, 2]\ninput: { message: << item >> }', []],
    ['over an action of which nothing is known', 'action: cloud.deploy\nwith-items: [1, 2]', []],
    ['without items', 'action: shell.run\ninput: { command: [ls] }', []],
  ])('%s', (_, body, expected) => {
    expect(found(task(body))).toEqual(expected);
  });

  test('an action that is known to do I/O; a concurrency of defaults', () => {
    const body = 'action: cloud.deploy\nwith-items: [1, 2]';
    expect(found(task(body), { isIo: (name) => name === 'cloud.deploy' })).toEqual(['4 items-concurrency']);
    expect(found(task(body, 'defaults: { concurrency: 4 }\n'), { isIo: () => true })).toEqual([]);
  });
});

describe('retry-delay', () => {
  test.each([
    ['none', 'retry: { count: 3 }', ['3 retry-delay']],
    ['a delay', 'retry: { count: 3, delay: 1s }', []],
    ['a delay of nothing that was written', 'retry: { count: 3, delay: 0 }', []],
    ['no retries', 'retry: { count: 0 }', []],
    ['the command', 'next:\n  - { when: failed(), do: retry }', ['4 retry-delay']],
  ])('%s', (_, body, expected) => {
    expect(found(task(`action: x.y\n${body}`).replace('    action: x.y\n', ''))).toEqual(expected);
  });

  test('that of defaults is reported once', () => {
    expect(found('defaults: { retry: { count: 1 } }\ntasks: [{ name: a }, { name: b }]\n')).toEqual(['1 retry-delay']);
  });
});

test.each([
  ['no timeout', '', '', ['3 http-timeout']],
  ['timeout', 'timeout: 5s', '', []],
  ['task-timeout', 'task-timeout: 5s', '', []],
  ['of defaults', '', 'defaults: { timeout: 5s }', []],
])('http-timeout: %s', (_, body, rest, expected) => {
  expect(found(task(`action: http.get\n${body}\ninput: { url: http://x/ }`, rest))).toEqual(expected);
});

describe('plain-secret', () => {
  const input = (text: string): string => task(`action: x.y\ninput:\n  ${text}`);
  // Put together here, so that nobody who looks for such things in this repository finds one.
  const long = 'aB3dE5fG7hJ9kL1mN0pQ2rS4tU6vW8xY'.repeat(2);
  const upper = 'ABCDEFGHIJ234567';

  test.each([
    ['password: hunter2x'],
    ['db_password: "hunter2x"'],
    ['headers: { X-Api-Key: abc123def }'],
    ['headers: { authorization: Bearer abc123def }'],
    ['token: [abc123def]'],
    [`note: AKI${'A'}${upper}`],
    [`note: gh${'p'}_${long.slice(0, 36)}`],
    [`note: glpat${'-'}${long.slice(0, 20)}`],
    [`note: xox${'b'}-${long.slice(0, 20)}`],
    [`note: see sk_${'live'}_${long.slice(0, 24)}`],
    [`note: ey${'J'}${long.slice(0, 12)}.ey${'J'}${long.slice(0, 12)}.${long.slice(0, 12)}`],
    ['note: postgres://app:hunter2@db/prod'],
    ['note: "postgres://app:hunter2@<< parameters.host >>/prod"'],
    [`note: ${long.slice(0, 44)}`],
  ])('%s', (text) => {
    expect(found(input(text))).toEqual(['5 plain-secret']);
  });

  test.each([
    ['password: << keystore.password >>'],
    ['password: "{{ keystore.password }}"'],
    ['headers: { authorization: Bearer << keystore.token >> }'],
    ['password: ""'],
    ['password: <your password>'],
    ['password: "********"'],
    ['password: changeme'],
    ['token: ${TOKEN}'],
    ['token: what the service gives'],
    ['max_tokens: "100"'],
    ['tokenizer: words-and-more'],
    ['note: postgres://app@db/prod'],
    ['note: "postgres://app:<< keystore.password >>@db/prod"'],
    ['note: https://example.com/a:b@c'],
    [`sha256: ${'0123456789abcdef'.repeat(4)}`],
    [`checksum: ${long.slice(0, 44)}`],
    [`note: ${'0123456789abcdef'.repeat(4)}`],
    ['note: workflows/deployments/production/Region1/service-accounts/Read2.yaml'],
    ['note: 123e4567-e89b-12d3-a456-426614174000'],
  ])('not %s', (text) => {
    expect(found(input(text))).toEqual([]);
  });

  test('a private key, at its line', () => {
    const text = input(`key: |\n    -----BEGIN RSA ${'PRIVATE'} KEY-----\n    abc`);
    expect(found(text)).toEqual(['5 plain-secret']);
  });

  test('defaults of parameters', () => {
    const parameters =
      'parameters:\n  token: { type: string, default: abc123def, description: a token }\n  region: { type: string, secret: true, default: eu }\n';
    const text = `${parameters}  ok: { type: string, secret: true }\n  none: { secret: true, default: "" }\n`;
    expect(found(task('input: { a: << parameters >> }', text))).toEqual(['5 plain-secret', '6 plain-secret']);
  });

  test('is an error whose message does not tell the secret', () => {
    const [diagnostic] = lint(input('password: hunter2x'));
    expect(diagnostic).toMatchObject({ severity: 'error', line: 5, column: 17, endColumn: 25 });
    expect(JSON.stringify(diagnostic)).not.toContain('hunter2x');
  });
});

describe('unread-results', () => {
  const file = 'with-items: { from: file, path: x.log }\naction: core.echo\ninput: { message: << item >> }';
  const range = (source: string): string => `with-items: ${source}\naction: core.noop`;
  test.each([
    ['a file', file, '', ['3 unread-results']],
    ['results: all, said', `${file}\nresults: all`, '', ['3 unread-results']],
    ['results: none', `${file}\nresults: none`, '', []],
    ['aggregate', `${file}\naggregate: { n: count() }`, '', []],
    ['read by the output', file, 'output: { all: << task.a >> }', []],
    ['read by a name that is computed', file, 'output: { all: "<< task[parameters.x] >>" }', []],
    ['read by its own transition', `${file}\nnext: [{ when: length(result()) > 1, do: noop }]`, '', []],
    ['its counts are no results', file, "output: { n: << stats('a').total >> }", ['3 unread-results']],
    ['a long range', range('<< range(0, 10000) >>'), '', ['3 unread-results']],
    ['a range of unknown length', range('<< range(parameters.n) >>'), '', ['3 unread-results']],
    ['a short range', range('<< range(9999) >>'), '', []],
    ['a range with wide steps', range('<< range(0, 10000, 10) >>'), '', []],
    ['a list', range('[1, 2]'), '', []],
    ['what a task gave', `${range('<< parameters.xs >>')}`, '', []],
  ])('%s', (_, body, rest, expected) => {
    expect(found(task(body, rest))).toEqual(expected);
  });
});

describe('unread-variable', () => {
  test.each([
    ['published', '', 'next: [{ publish: { x: 1 } }]', '', ['3 unread-variable']],
    ['published into', '', 'next: [{ publish: { x.y: 1 } }]', '', ['3 unread-variable']],
    ['declared', 'x: 1', '', '', ['4 unread-variable']],
    ['read by its bare name', '', 'next: [{ publish: { x: 1 } }]', 'output: { y: << x >> }', []],
    ['read by its full name', 'x: 1', 'when: vars.x == 1', '', []],
    ['read in a document', 'x: [1]', 'input: { a: "{{#each x}}{{this}}{{/each}}" }', '', []],
    ['read by an aggregation', 'x: 1', 'with-items: [1]\naggregate: { n: sum(item + x) }', '', []],
    ['read by a duration', 'x: 1', 'timeout: << x >>', '', []],
    ['read as a source', 'x: [1]', 'with-items: << x >>', '', []],
    ['all are read', 'x: 1', '', 'output: { all: << workflow >> }', []],
    [
      'it only counts itself up',
      'x: 0',
      'next: [{ publish: { x: << x + 1 >> } }]',
      '',
      ['3 unread-variable', '5 unread-variable'],
    ],
    ['another variable reads it', 'x: 0', 'next: [{ publish: { y: << x >> } }]', 'output: { z: << y >> }', []],
    [
      'the name of an element hides it',
      'server: 0',
      'with-items: [1]\nas: server\ninput: { a: << server >> }',
      '',
      ['7 unread-variable'],
    ],
    ['it is literal text', 'x: 0', 'raw: [a]\ninput: { a: << x >> }', '', ['6 unread-variable']],
  ])('%s', (_, vars, body, output, expected) => {
    const rest = `${
      vars === ''
        ? ''
        : `vars:
  ${vars}
`
    }${output}`;
    const text = task(body, rest).replace('\n    \n', '\n');
    expect(found(text)).toEqual(expected);
  });
});

test('unread-parameter', () => {
  const parameters = 'parameters:\n  x: { type: string }\n  y: { type: string }\n';
  expect(found(`${parameters}tasks: [{ name: a, when: parameters.x }]\n`)).toEqual(['3 unread-parameter']);
  expect(found(`${parameters}tasks: [{ name: a, input: { all: << parameters >> } }]\n`)).toEqual([]);
  expect(found(`${parameters}tasks: [{ name: a, when: 'parameters[parameters.x]' }]\n`)).toEqual([]);
});

describe('unhandled-failure', () => {
  const chain = (second: string): string => `tasks:
  - { name: lock, action: x.lock, next: [{ when: succeeded(), do: build }] }
  - { name: build, action: x.build, next: [{ when: succeeded(), do: ship }, { when: failed(), do: unlock }] }
  - { name: ship, action: x.ship, next: [${second}] }
  - { name: unlock, action: x.unlock, next: [{ when: succeeded(), do: tell }] }
  - { name: tell, action: x.tell }
`;
  test('between one whose failure leads to a cleanup, and the cleanup', () => {
    const text = chain('{ when: succeeded(), do: unlock }');
    expect(found(text)).toEqual(['4 unhandled-failure']);
    const [{ message, hint } = {}] = lint(text);
    expect(message).toBe("When 'ship' fails, 'unlock' does not run, to which a failure of 'build' leads.");
    expect(hint).toContain('{ when: failed(), do: unlock }');
  });

  test.each([
    ['a transition for failures', '{ when: succeeded(), do: unlock }, { when: failed(), do: unlock }'],
    ['one for every status', '{ do: unlock }'],
    ['a failure that is forgiven', '{ when: succeeded(), do: unlock }, { when: failed(), do: noop }'],
  ])('%s', (_, second) => {
    expect(found(chain(second))).toEqual([]);
  });

  test('nothing is cleaned up: a failure fails the run, as it should', () => {
    expect(found(chain('{ when: succeeded(), do: unlock }').replace(', { when: failed(), do: unlock }', ''))).toEqual(
      [],
    );
    expect(found(task('action: x.y', '  - { name: b, action: x.y }\n'))).toEqual([]);
  });

  test('a branch for failures that success does not lead to is no cleanup', () => {
    const text = chain('{ when: succeeded(), do: tell }');
    expect(found(text)).toEqual([]);
  });

  test('what cannot fail needs no care', () => {
    expect(found(chain('{ when: succeeded(), do: unlock }').replace('x.ship', 'core.set'))).toEqual([]);
  });
});

describe('shell-template', () => {
  const run = (input: string): string => task(`action: shell.run\ninput: ${input}`);
  test.each([
    ['{ shell: true, command: "rm << parameters.x >>" }', ['4 shell-template']],
    ['{ shell: true, command: "rm {{ parameters.x }}" }', ['4 shell-template']],
    ['{ shell: true, command: rm x }', []],
    ['{ command: [rm, << parameters.x >>] }', []],
  ])('%s', (input, expected) => {
    expect(found(run(input))).toEqual(expected);
  });

  test('text that is literal', () => {
    expect(found(task('action: shell.run\nraw: [command]\ninput: { shell: true, command: "cat << END" }'))).toEqual([]);
  });
});

describe('untranslated-expression', () => {
  const log = (message: string, more = ''): string => task(`action: core.log\n${more}input:\n  message: ${message}`);
  test.each([
    ['YAQL', log("'<% ctx().x %>'"), ['5 untranslated-expression']],
    ['within text', log('there are <% ctx(hosts).len() %> hosts'), ['5 untranslated-expression']],
    ['a block of Jinja', log("'{% if x %}y{% endif %}'"), ['5 untranslated-expression']],
    ['a comment of Jinja', log("'{# none #}'"), ['5 untranslated-expression']],
    ['over several lines, at its key', log('|\n    <%\n    ctx().x\n    %>'), ['5 untranslated-expression']],
    ['in an output', 'tasks: [{ name: a }]\noutput:\n  x: <% 1 %>\n', ['3 untranslated-expression']],
    ['in a name that is an input', task("action: x.y\ninput: { name: '<% 1 %>' }"), ['4 untranslated-expression']],
    ['one of heddle', log('<< parameters.x >> {{ parameters.x }}'), []],
    ['a Handlebars document', log("'{{#each (range 0 2)}}x{{/each}}'"), []],
    ['something that is not closed', log("'<% or {% or 5 >'"), []],
    ['a description', `description: '<% 1 %>'\n${log('x')}`, []],
    ['literal text', log("'<% 1 %>'", 'raw: [message]\n'), []],
    ['nothing but literal text', log("'<% 1 %>'", 'raw: true\n'), []],
    ['other literal text', task("action: core.set\nraw: [a]\ninput:\n  ab: '<% 1 %>'"), ['6 untranslated-expression']],
  ])('%s', (_, text, expected) => {
    expect(found(text.includes('parameters.x') ? `${text}parameters: { x: {} }\n` : text)).toEqual(expected);
  });
});

describe('comments and levels', () => {
  const text = (comment: string): string =>
    `${comment}tasks:\n  - name: a\n    retry: { count: 1 }\n    action: http.get\n    input: { url: http://x/ }\n`;

  test('the next line', () => {
    const above = (comment: string): string => text('').replace('    retry', `${comment}    retry`);
    const both = ['retry-delay', 'http-timeout'];
    const without = (rules: string[]): string[] =>
      rules.map((rule, i) => `${4 + (rules.length === 2 ? i : 1)} ${rule}`);
    expect(found(above('    # heddle-lint-disable-next-line retry-delay -- it is ours\n'))).toEqual(
      without(['http-timeout']),
    );
    expect(found(above('    # heddle-lint-disable-next-line\n'))).toEqual(without(['http-timeout']));
    expect(found(above('    # heddle-lint-disable-next-line http-timeout\n'))).toEqual(without(both));
    expect(found(above('    # heddle-lint-disable-next-line http-timeout, retry-delay\n'))).toEqual(
      without(['http-timeout']),
    );
    expect(found(above('    # heddle-lint-disable-next-line retry-delay\n\n    # more\n'))).toEqual(['7 http-timeout']);
    expect(found(above('    # as in heddle-lint-disable-next-line\n'))).toEqual(without(both));
  });

  test('the file', () => {
    expect(found(text('# heddle-lint-disable retry-delay http-timeout\n'))).toEqual([]);
    expect(found(text('# heddle-lint-disable\n'))).toEqual([]);
    expect(found(`${text('')}# heddle-lint-disable http-timeout\n`)).toEqual(['3 retry-delay']);
  });

  test('a comment that means nothing is told', () => {
    const told = (comment: string): (string | undefined)[] => {
      const [first] = lint(text(`${comment}\n`)).filter(({ code }) => code === 'HEDDLE_LINT_DIRECTIVE');
      return [`${first?.line}:${first?.column}`, first?.message, first?.suggestion];
    };
    expect(told('# heddle-lint-disable retry-dely')).toEqual([
      '1:23',
      "There is no lint rule 'retry-dely'.",
      'retry-delay',
    ]);
    expect(told('# heddle-lint-disable-nextline')).toEqual([
      '1:3',
      "'heddle-lint-disable-nextline' means nothing.",
      'heddle-lint-disable-next-line',
    ]);
    expect(told('name: x # heddle-lint-disable-next-line')[1]).toContain('needs a line of its own');
  });

  test('levels', () => {
    expect(found(text(''), { levels: { 'retry-delay': 'off' } })).toEqual(['4 http-timeout']);
    expect(lint(text(''), { levels: { 'http-timeout': 'error' } }).map(({ severity }) => severity)).toEqual([
      'warning',
      'error',
    ]);
  });
});
