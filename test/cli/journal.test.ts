import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { heddle, project, start, type Ended } from './heddle.ts';

const files = project({
  'hello.yaml': `
name: hello
parameters: { who: { type: string, default: world }, token: { type: string, secret: true } }
tasks:
  - { name: greet, action: core.echo, input: { message: "Hello << parameters.who >>", header: "key << parameters.token ?? '' >>" } }
output: { text: << task.greet.message >> }
`,
  'items.yaml': `
name: items
tasks:
  - name: list
    action: core.echo
    input: { message: [a, b, c, d] }
  - name: check
    with-items: << task.list >>
    key: item
    on-item-failure: continue
    action: file.read_json
    input: { path: "state-<< item >>.json" }
  - { name: after, action: core.echo, input: { message: << length(task.check) >> } }
output: { sum: "<< sum(task.check) >>", after: << task.after >> }
`,
  'branches.yaml': `
name: branches
order: graph
tasks:
  - { name: left, action: core.echo, input: { message: 1 } }
  - { name: right, action: core.echo, input: { message: 2 } }
  - { name: after_left, needs: [left], action: core.echo, input: { message: 3 } }
  - { name: after_right, needs: [right], action: core.echo, input: { message: 4 } }
`,
  'ask.yaml': `
name: ask
parameters: { region: { type: string, default: eu } }
tasks:
  - { name: build, action: core.echo, input: { message: "built for << parameters.region >>" } }
  - name: ask
    action: approval.request
    input: { prompt: 'Deploy?', schema: { type: object, properties: { replicas: { type: integer } }, required: [replicas] } }
  - { name: deploy, action: core.echo, input: { message: "<< task.build >>, << task.ask.replicas >> replicas" } }
output: { text: << task.deploy >> }
`,
  'confirm.yaml': `
name: confirm
tasks: [{ name: ask, action: approval.request, input: { prompt: 'Sure?' } }]
output: { answer: << task.ask >> }
`,
  'signal.yaml': `
name: signalled
tasks: [{ name: wait, action: wait.signal, input: { name: go } }]
output: { got: << task.wait >> }
`,
  'long.yaml': 'name: long\ntasks: [{ name: wait, action: core.sleep, input: { duration: 10m } }]\n',
  'secret.yaml': `
name: secret
tasks:
  - { name: ask, action: approval.request, input: { prompt: 'Go on?' } }
  - { name: use, action: core.echo, input: { message: "<< keystore.token >>" } }
output: { length: << length(task.use) >> }
`,
  'keys.yaml': 'token: geheimnis-geheimnis\n',
});

/** The directory of one test, with a journal of its own. */
let place: string;

beforeEach(async () => {
  place = await mkdtemp(path.join(files.directory, 'test-'));
  for (const name of await readdir(files.directory)) {
    if (name.endsWith('.yaml'))
      await writeFile(path.join(place, name), await readFile(path.join(files.directory, name)));
  }
});

const call = (...args: string[]): Promise<Ended> => heddle(args, { cwd: place });

async function json(...args: string[]): Promise<unknown> {
  const { stdout, stderr } = await call(...args, '--json');
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    throw new Error(`no JSON: ${stdout}\n${stderr}`);
  }
}

async function theRun(): Promise<{ id: string; status: string; workflow: string; shownStatus: string }> {
  const [run] = (await json('runs')) as { id: string; status: string; workflow: string; shownStatus: string }[];
  if (run === undefined) throw new Error('there is no run');
  return run;
}

async function giveStates(states: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, value] of Object.entries(states)) {
    await writeFile(path.join(place, `state-${name}.json`), JSON.stringify(value));
  }
}

describe('heddle run', () => {
  test('records in .heddle/heddle.db, which only the user can read and no repository takes', async () => {
    expect((await call('run', 'hello.yaml')).code).toBe(0);
    expect((await stat(path.join(place, '.heddle/heddle.db'))).mode & 0o777).toBe(0o600);
    expect(await readFile(path.join(place, '.heddle/.gitignore'), 'utf8')).toBe('*\n');
    expect(await theRun()).toMatchObject({ workflow: 'hello', status: 'succeeded' });
  });

  test('finds the journal beside heddle.config from below it, and HEDDLE_JOURNAL or --journal anywhere', async () => {
    await writeFile(path.join(place, 'heddle.config.json'), '{}');
    const below = await mkdtemp(path.join(place, 'below-'));
    await heddle(['run', '../hello.yaml'], { cwd: below });
    expect(existsSync(path.join(place, '.heddle/heddle.db'))).toBe(true);
    expect((await heddle(['runs'], { cwd: below })).stdout).toContain('hello');
    await call('run', 'hello.yaml', '--journal', 'other/journal.db');
    expect(await json('runs', '--journal', `file://${place}/other/journal.db`)).toHaveLength(1);
    const env = { HEDDLE_JOURNAL: path.join(place, 'third.db') };
    await heddle(['run', 'hello.yaml'], { cwd: place, env });
    expect(existsSync(env.HEDDLE_JOURNAL)).toBe(true);
    expect((await call('runs', '--journal', 'ftp://host/x')).code).toBe(2);
  });

  test.each([['--no-journal'], ['--durability', 'off'], ['--dry-run']])('%s records nothing', async (...options) => {
    expect((await call('run', 'hello.yaml', ...options)).code).toBe(0);
    expect(existsSync(path.join(place, '.heddle'))).toBe(false);
  });

  test('refuses a durability without a journal, and one that is none', async () => {
    expect((await call('run', 'hello.yaml', '--no-journal', '--durability', 'strict')).stderr).toContain(
      'has no meaning',
    );
    expect((await call('run', 'hello.yaml', '--durability', 'strikt')).stderr).toContain('Allowed choices');
  });

  test('does not run where the journal cannot be opened', async () => {
    await writeFile(path.join(place, '.heddle'), 'a file');
    const { code, stdout, stderr } = await call('run', 'hello.yaml');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Nothing was run');
    expect(stderr).toContain('--no-journal');
    expect((await call('run', 'hello.yaml', '--no-journal')).stdout).toBe('Hello world\n');
  });

  test('keeps secrets out of the journal, and whatever shows it', async () => {
    const token = 'very-secret-token';
    await call('run', 'hello.yaml', '-p', `token=${token}`);
    for (const name of await readdir(path.join(place, '.heddle'))) {
      expect((await readFile(path.join(place, '.heddle', name))).includes(token)).toBe(false);
    }
    const shown = await call('runs', 'show', 'last', '--task', 'greet', '--json');
    expect(shown.stdout).toContain('key ***');
    expect((await call('runs', 'events', 'last')).stdout).toContain('***');
  });

  test('that fails says how to run what failed again', async () => {
    const { stderr, code } = await call('run', 'items.yaml');
    expect(code).toBe(1);
    expect(stderr).toContain(`heddle resume ${(await theRun()).id} --failed`);
  });
});

describe('heddle runs', () => {
  test('lists the newest first, by workflow, status and time', async () => {
    await call('run', 'hello.yaml');
    await call('run', 'items.yaml');
    const lines = (await call('runs')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.split(/\s+/).slice(0, 5).join(' '))).toEqual([
      ' run workflow status started',
      expect.stringMatching(/^✗ [\da-f]{8} items failed/),
      expect.stringMatching(/^✓ [\da-f]{8} hello succeeded/),
    ]);
    expect(await json('runs', '--workflow', 'hello')).toHaveLength(1);
    expect(await json('runs', '--status', 'failed,cancelled')).toHaveLength(1);
    expect(await json('runs', '--since', '1h')).toHaveLength(2);
    expect(await json('runs', '--since', '2999-01-01')).toEqual([]);
    expect(await json('runs', '--limit', '1')).toHaveLength(1);
    expect((await call('runs', '--status', 'faild')).stderr).toContain("Did you mean 'failed'?");
    expect((await call('runs', '--since', 'yesterday')).stderr).toContain('--since takes a time span');
    expect((await call('runs', 'shwo')).stderr).toContain('heddle runs show');
  });

  test('without a journal is empty, and makes none', async () => {
    expect(await call('runs')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('No run was recorded'),
    });
    expect(await json('runs')).toEqual([]);
    expect((await call('runs', 'show', 'last')).code).toBe(2);
    expect(existsSync(path.join(place, '.heddle'))).toBe(false);
  });

  test('show has tasks, failures, errors, output and what can be done', async () => {
    await giveStates({ a: 1, c: 3 });
    await call('run', 'items.yaml');
    const { id } = await theRun();
    const { stdout } = await call('runs', 'show', id.slice(0, 8));
    expect(stdout).toMatch(/^✗ items failed in /);
    expect(stdout).toMatch(/✓ list .*━/);
    expect(stdout).toMatch(/✗ check .* 4 items · 2 succeeded · 2 failed/);
    expect(stdout).toMatch(/1 × There is no file .* b$/m);
    expect(stdout).toContain(`heddle resume ${id} --failed`);
    expect(await json('runs', 'show', id)).toMatchObject({
      id,
      status: 'failed',
      executions: [{ task: 'list' }, { task: 'check' }],
    });
  });

  test('show --items has a page of them', async () => {
    await giveStates({ a: 1, c: 3 });
    await call('run', 'items.yaml');
    const { stdout } = await call('runs', 'show', 'last', '--task', 'check', '--items');
    expect(stdout).toMatch(/✓ 0 +succeeded +1$/m);
    expect(stdout).toMatch(/✗ 1 +b +failed +.*state-b\.json/);
    const page = (await json('runs', 'show', 'last', '--task', 'check', '--items', '--page', '2')) as {
      iterations: unknown[];
    };
    expect(page.iterations).toEqual([]);
    expect((await call('runs', 'show', 'last', '--items')).stderr).toContain('--items needs --task');
    expect((await call('runs', 'show', 'last', '--task', 'chekc')).stderr).toContain("Did you mean 'check'?");
    expect((await call('runs', 'show', 'last', '--task', 'list', '--items')).stderr).toContain('has no items');
  });

  test('events has everything that was recorded', async () => {
    await call('run', 'hello.yaml');
    const { stdout } = await call('runs', 'events', 'last', '--json');
    const entries = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { seq: number; type: string });
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, at) => at + 1));
    expect(entries[0]?.type).toBe('begun');
    expect(entries.at(-1)?.type).toBe('ended');
  });

  test('diff names what differs', async () => {
    await giveStates({ a: 1, b: 2, c: 3, d: 4 });
    await call('run', 'items.yaml');
    const first = (await theRun()).id;
    await giveStates({ c: 5 });
    await call('run', 'items.yaml');
    const { stdout } = await call('runs', 'diff', first, 'last');
    expect(stdout).toMatch(/≠ check .*1 item differ \(2\)/);
    expect(stdout).toMatch(/≠ sum +10 +12$/m);
    expect(stdout).not.toContain('≠ list');
    expect((await call('runs', 'diff', first, first)).stdout).toContain('the same statuses, results and output');
  });

  test('a run that does not exist is told with those that do', async () => {
    await call('run', 'hello.yaml');
    const { stderr, code } = await call('runs', 'show', 'nothing');
    expect(code).toBe(2);
    expect(stderr).toContain((await theRun()).id);
  });
});

describe('heddle resume', () => {
  test('--failed runs only what failed, and what comes after', async () => {
    await giveStates({ a: 1, c: 3 });
    await call('run', 'items.yaml');
    // Had it run again it would not be there.
    await rm(path.join(place, 'state-a.json'));
    await giveStates({ b: 2, d: 4 });
    const { code, stdout, stderr } = await call('resume', 'last', '--failed');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'sum: 10\nafter: 4\n' });
    expect(stderr).toContain('✓ check');
    expect(stderr).not.toContain('✓ list');
    expect((await theRun()).status).toBe('succeeded');
  });

  test('--from runs a task and what came of it again', async () => {
    await giveStates({ a: 1, b: 2, c: 3, d: 4 });
    await call('run', 'items.yaml');
    await giveStates({ a: 11 });
    const { stdout, stderr } = await call('resume', 'last', '--from', 'check');
    expect(stdout).toBe('sum: 20\nafter: 4\n');
    expect(stderr).not.toContain('list');
    expect((await call('resume', 'last', '--from', 'chekc')).stderr).toContain('HEDDLE_RERUN');
    expect((await call('resume', 'last', '--from', 'check', '--failed')).code).toBe(2);
  });

  test('--from leaves branches beside it, and the history shows them', async () => {
    await call('run', 'branches.yaml');
    expect((await call('resume', 'last', '--from', 'left')).stderr).not.toContain('right');
    const { executions } = (await json('runs', 'show', 'last')) as { executions: { task: string; status: string }[] };
    expect(executions.map(({ task }) => task).sort()).toEqual(['after_left', 'after_right', 'left', 'right']);
    expect(executions.map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
  });

  test('of a run that has ended says so', async () => {
    await call('run', 'hello.yaml');
    const { code, stderr } = await call('resume', 'last');
    expect(code).toBe(2);
    expect(stderr).toContain('--failed');
  });

  test('keeps the workflow as it was when the run began', async () => {
    await call('run', 'confirm.yaml', '--no-wait');
    await writeFile(path.join(place, 'confirm.yaml'), 'name: confirm\ntasks: [{ name: other }]\n');
    expect((await call('approve', 'last', 'ask')).stdout).toBe('answer: true\n');
  });

  test('needs the secrets anew: without them the run is blocked, visibly', async () => {
    await call('run', 'secret.yaml', '--secrets', 'keys.yaml', '--no-wait');
    const blocked = await call('approve', 'last', 'ask');
    expect(blocked.code).toBe(2);
    expect(blocked.stderr).toContain('keystore.token');
    expect((await theRun()).shownStatus).toBe('blocked');
    expect((await call('runs', 'show', 'last')).stdout).toContain('--secrets FILE');
    const { stdout } = await call('resume', 'last', '--secrets', 'keys.yaml');
    expect(stdout).toBe('length: 19\n');
  });

  test('goes on with what a killed process left', async () => {
    const { child, seen, ended } = start(['run', 'long.yaml', '--events'], { cwd: place });
    await seen('"task.started"');
    while (((await json('runs')) as unknown[]).length === 0);
    child.kill('SIGKILL');
    await ended;
    expect((await theRun()).shownStatus).toBe('interrupted');
    expect((await call('runs', 'show', 'last')).stdout).toContain('goes on where the record ends');
    const again = start(['resume', 'last', '--events'], { cwd: place });
    await again.seen('"task.started"');
    again.child.kill('SIGINT');
    expect((await again.ended).code).toBe(130);
    expect((await theRun()).shownStatus).toBe('cancelled');
  });
});

describe('heddle fork', () => {
  test('starts a run with a changed context, and leaves the old one alone', async () => {
    await giveStates({ a: 1, b: 2, c: 3, d: 4 });
    await call('run', 'items.yaml');
    const before = await theRun();
    await giveStates({ x: 100 });
    const { stdout, stderr } = await call('fork', 'last', '--task', 'check', '--set', 'task.list=["x", "b"]');
    expect(stdout).toBe('sum: 102\nafter: 2\n');
    expect(stderr).toContain(`a fork of ${before.id}`);
    const runs = (await json('runs')) as { id: string; fork: unknown }[];
    expect(runs.map(({ fork }) => fork)).toEqual([{ run: before.id, task: 'check' }, null]);
  });

  test('of one item keeps the results of the others', async () => {
    await giveStates({ a: 1, b: 2, c: 3, d: 4 });
    await call('run', 'items.yaml');
    await giveStates({ a: 50, c: 30 });
    expect((await call('fork', 'last', '--task', 'check', '--item', 'c')).stdout).toBe('sum: 37\nafter: 4\n');
  });

  test('refuses what it cannot read', async () => {
    await call('run', 'hello.yaml');
    expect((await call('fork', 'last', '--task', 'greet', '--set', 'vars')).stderr).toContain('path=value');
    expect((await call('fork', 'last', '--task', 'greet', '--set', 'vars.x={a')).stderr).toContain('begins like JSON');
    expect((await call('fork', 'last', '--task', 'nix')).stderr).toContain("'greet'");
    expect((await call('fork', 'last')).stderr).toContain('--task');
  });
});

describe('waiting', () => {
  test('--no-wait ends with what is waited for; an approval of another process goes on', async () => {
    const waiting = await call('run', 'ask.yaml', '--no-wait');
    const { id } = await theRun();
    expect(waiting).toMatchObject({ code: 0, stdout: '' });
    expect(waiting.stderr).toContain('ask waits for an approval: Deploy?');
    expect(waiting.stderr).toContain(`heddle approve ${id} ask`);
    expect((await call('runs', 'show', 'last')).stdout).toContain('⧖ ask waits for an approval: Deploy?');

    const wrong = await call('approve', 'last', 'ask', '--data', '{"replicas": "many"}');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('HEDDLE_RESPONSE_INVALID');
    expect((await call('approve', 'last', 'build')).stderr).toContain("what does: 'ask'");
    const answered = await call('approve', 'last', 'ask', '--data', '{"replicas": 3}');
    expect(answered).toMatchObject({ code: 0, stdout: 'built for eu, 3 replicas\n' });
    expect(answered.stderr).toContain('goes on here');
    expect((await call('approve', 'last', 'ask')).code).toBe(2);
  });

  test('a process that waits goes on when it is answered', async () => {
    const { seen, ended } = start(['run', 'ask.yaml'], { cwd: place });
    await seen('waits for an approval');
    const answered = await call('approve', 'last', 'ask', '--data', '{"replicas": 1}');
    expect(answered.stderr).toContain('the process that works on the run goes on with it');
    expect(await ended).toMatchObject({ code: 0, stdout: 'built for eu, 1 replicas\n' });
  });

  test.each([
    [[], 'answer: true\n'],
    [['--reject'], 'answer: false\n'],
    [['--data', 'because'], 'answer: because\n'],
  ])('approve %j', async (options, output) => {
    await call('run', 'confirm.yaml', '--no-wait');
    expect(
      (await call('approve', 'last', 'ask', ...options)).stdout.replace(/^(?!answer)(.*)\n$/, 'answer: $1\n'),
    ).toBe(output);
  });

  test('approve --no-resume answers a run that is resumed later', async () => {
    await call('run', 'confirm.yaml', '--no-wait');
    const { stderr } = await call('approve', 'last', 'ask', '--no-resume');
    expect(stderr).toContain('heddle resume');
    expect((await theRun()).status).toBe('waiting');
    expect((await call('resume', 'last')).stdout).toBe('answer: true\n');
    expect((await call('approve', 'last', 'ask', '--no-resume', '--no-wait')).code).toBe(2);
  });

  test('a signal brings its data', async () => {
    await call('run', 'signal.yaml', '--no-wait');
    expect((await call('runs', 'show', 'last')).stdout).toMatch(/heddle signal [\w-]{36} go/);
    expect((await call('signal', 'last', 'other', '--no-wait')).code).toBe(0);
    expect((await theRun()).status).toBe('waiting');
    expect((await call('signal', 'last', 'go', '--data', '[1, 2]')).stdout).toBe('got:\n  - 1\n  - 2\n');
  });

  test('without a journal there is nobody who could answer, which is said', async () => {
    const { code, stderr } = await call('run', 'confirm.yaml', '--no-journal');
    expect(code).toBe(1);
    expect(stderr).toContain('nobody can answer');
  });
});

describe('heddle cancel', () => {
  test('ends a run in the process that works on it', async () => {
    const { seen, ended } = start(['run', 'long.yaml', '--events'], { cwd: place });
    await seen('"task.started"');
    while (((await json('runs')) as unknown[]).length === 0);
    const cancelled = await call('cancel', 'last', '--reason', 'enough');
    expect(cancelled.stderr).toContain('the process that works on the run cancels it');
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain('"reason":"enough"');
  });

  test('ends one that nobody works on, without running anything', async () => {
    await call('run', 'ask.yaml', '--no-wait');
    expect((await call('cancel', 'last')).stderr).toContain('it is cancelled');
    const shown = await json('runs', 'show', 'last');
    expect(shown).toMatchObject({
      status: 'cancelled',
      waits: [],
      executions: [{ status: 'succeeded' }, { status: 'cancelled' }],
    });
    expect((await call('cancel', 'last')).stderr).toContain('there is nothing to cancel');
    // It can be taken up again.
    expect((await call('resume', 'last', '--failed', '--no-wait')).stderr).toContain('waits for an approval');
  });
});

describe('care for the journal', () => {
  test('prune removes runs that ended, and shows which before', async () => {
    await call('run', 'hello.yaml');
    await call('run', 'confirm.yaml', '--no-wait');
    const hello = ((await json('runs', '--workflow', 'hello')) as { id: string }[])[0]?.id;
    expect((await call('prune')).stdout).toBe('0 runs removed.\n');
    const all = ['--older-than', '0s', '--keep', '0'];
    expect(await json('prune', ...all, '--dry-run')).toEqual({ removed: 0, wouldRemove: [hello] });
    expect(await json('prune', ...all)).toEqual({ removed: 1, ids: [hello] });
    expect((await theRun()).workflow).toBe('confirm');
    expect((await call('prune', '--keep', '-1')).code).toBe(2);
    expect((await call('prune', '--older-than', 'long')).stderr).toContain('30d');
  });

  test('backup, compact, check', async () => {
    await call('run', 'hello.yaml');
    expect((await call('journal', 'backup', 'copy.db')).stdout).toContain('copy.db written');
    expect(await json('runs', '--journal', 'copy.db')).toHaveLength(1);
    expect((await call('journal', 'backup', 'copy.db')).code).toBe(2);
    expect(await json('journal', 'check')).toEqual({ problems: [] });
    expect(await json('journal', 'compact')).toMatchObject({ after: expect.any(Number) });
    expect((await call('journal', 'chekc')).stderr).toContain("Did you mean 'check'?");
    const file = path.join(place, 'copy.db');
    const bytes = await readFile(file);
    await writeFile(file, Buffer.concat([bytes.subarray(0, 8192), Buffer.alloc(4096, 7), bytes.subarray(12288)]));
    const { code, stdout } = await call('journal', 'check', '--journal', 'copy.db');
    expect(code).not.toBe(0);
    expect(stdout).not.toContain('no damage');
  });
});
