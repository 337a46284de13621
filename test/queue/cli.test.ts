import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { heddle, project, start, type Ended, type Started } from '../cli/heddle.ts';
import { hasRedis, RedisServer } from '../servers/redis-server.ts';

const files = project({
  'hello.yaml': `
name: hello
parameters: { who: { type: string, default: world } }
tasks:
  - { name: greet, action: core.echo, input: { message: "Hello << parameters.who >>" } }
output: { text: << task.greet >> }
`,
  'failing.yaml': 'name: failing\ntasks: [{ name: fall, action: core.fail, input: { message: over the edge } }]\n',
  'items.yaml': `
name: items
parameters: { n: { type: integer, default: 200 }, pause: { type: string, default: 5ms } }
tasks:
  - name: each
    with-items: << range(0, parameters.n) >>
    distribute: true
    concurrency: 10
    action: core.sleep
    input: { duration: << parameters.pause >> }
output: { done: << stats('each').succeeded >> }
`,
  'ask.yaml': `
name: ask
tasks: [{ name: sure, action: approval.request, input: { prompt: 'Sure?' } }]
output: { answer: << task.sure >> }
`,
  'nightly.yaml': `
name: nightly
schedule: { cron: 30 2 * * *, timezone: Europe/Berlin }
tasks: [{ name: a }]
`,
  'own.yaml': 'name: own\ntasks: [{ name: a, action: shop.order }]\n',
  'secret.yaml': `
name: secret
parameters: { token: { type: string, secret: true, required: true } }
tasks: [{ name: use, action: core.echo, input: { message: << length(parameters.token) >> } }]
output: { length: << task.use >> }
`,
  'keys.yaml': 'token: geheimnis\n',
});

describe.runIf(hasRedis)('heddle worker, enqueue, queue, schedule', () => {
  let server: RedisServer;
  let tests = 0;
  const workers: Started[] = [];
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    for (const { child } of workers) child.kill('SIGKILL');
    await Promise.all(workers.splice(0).map(({ ended }) => ended));
    tests += 1;
  });

  const env = () => ({ HEDDLE_QUEUE_URL: `${server.url()}?prefix=t${tests}` });
  const call = (...args: string[]): Promise<Ended> => heddle(args, { cwd: files.directory, env: env() });
  const worker = async (...args: string[]): Promise<Started> => {
    const options = { cwd: files.directory, env: env() };
    const started = start(['worker', '--lock', '1s', '--grace', '5s', ...args], options);
    workers.push(started);
    await started.seen('taking work');
    return started;
  };

  test('a run is handed over, and its display and its exit code are those of heddle run', async () => {
    const { code, stdout } = await call('enqueue', 'hello.yaml', '-p', 'who=Ada');
    expect(code).toBe(0);
    const id = stdout.trim();
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const before = JSON.parse((await call('queue', '--json')).stdout) as { unclaimed: unknown[]; queues: unknown[] };
    expect(before.unclaimed).toMatchObject([{ workflow: 'hello', runs: [id] }]);
    expect(before.queues).toMatchObject([{ kind: 'run', waiting: 1 }, { kind: 'chunk', waiting: 0 }]); // prettier-ignore
    const one = await worker();
    await one.seen(`hello succeeded ${id}`);
    const waited = await call('enqueue', 'hello.yaml', '--wait');
    expect(waited.code).toBe(0);
    expect(waited.stdout).toBe('Hello world\n');
    expect(waited.stderr).toMatch(/✓ greet .*\n✓ hello succeeded in .* · 1 task\n/);
    const failed = await call('enqueue', 'failing.yaml', '--wait', '--json');
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({
      status: 'failed',
      error: { task: 'fall', message: 'over the edge' },
    });
    const after = await call('queue');
    expect(after.stdout).toMatch(/worker +queues +slots +up\n.*:\d+ +default +4 .* taking/);
  });

  test('iterations are counted, whoever works on them', async () => {
    await worker();
    await worker('--slots', '2');
    const { code, stdout, stderr } = await call('enqueue', 'items.yaml', '--wait', '-p', 'n=300');
    expect(stderr).toMatch(/✓ each .* 300 items/);
    expect([code, stdout]).toEqual([0, 'done: 300\n']);
  });

  test('SIGTERM: a worker lets go of what it has, and ends well', async () => {
    const first = await worker('--verbose');
    const { stdout } = await call('enqueue', 'items.yaml', '-p', 'n=400', '-p', 'pause=50ms', '--id', 'long-1');
    expect(stdout).toBe('long-1\n');
    await first.seen('each: ');
    first.child.kill('SIGTERM');
    const ended = await first.ended;
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(/takes no more work[\s\S]*ended\n$/);
    expect(ended.stderr).not.toContain('items succeeded');
    const second = await worker();
    await second.seen('items succeeded long-1');
    const again = await call('enqueue', 'items.yaml', '--id', 'long-1', '--wait');
    expect(again).toMatchObject({ code: 0, stdout: 'done: 400\n' });
    expect(again.stderr).toContain('There is a run long-1 already; nothing was queued.');
  });

  test('people answer from any machine', async () => {
    await worker();
    const waiting = start(['enqueue', 'ask.yaml', '--wait', '--id', 'ask-1'], { cwd: files.directory, env: env() });
    await waiting.seen('waits for an approval: Sure?');
    const answered = await call(
      'approve',
      'ask-1',
      'sure',
      '--data',
      '"of course"',
      '--journal',
      env().HEDDLE_QUEUE_URL,
    );
    expect(answered.stderr).toContain('sure was answered; a worker goes on with it');
    expect(await waiting.ended).toMatchObject({ code: 0, stdout: 'of course\n' });
  });

  test('a run is cancelled, and runs again, where its workers are', async () => {
    await worker();
    const following = start(['enqueue', 'ask.yaml', '--wait', '--id', 'ask-2'], { cwd: files.directory, env: env() });
    await following.seen('waits for an approval');
    const cancelled = await call('cancel', 'ask-2', '--journal', env().HEDDLE_QUEUE_URL);
    expect(cancelled.stderr).toContain('a worker was asked to cancel it');
    expect((await following.ended).code).toBe(130);
    const failed = await call('enqueue', 'failing.yaml', '--wait', '--id', 'fall-1');
    expect(failed.code).toBe(1);
    const resumed = await call('resume', 'fall-1', '--failed', '--journal', env().HEDDLE_QUEUE_URL);
    expect(resumed.code).toBe(1);
    expect(resumed.stderr).toContain('over the edge');
    const retried = await call('queue', 'retry', 'fall-1', '--from', 'fall', '--json');
    expect(JSON.parse(retried.stdout)).toEqual({ queued: ['fall-1'] });
    expect((await call('queue', 'retry', 'fall-1', '--from', 'nowhere')).stderr).toContain('nowhere');
  });

  test('secrets are the workers own', async () => {
    const refused = await call('enqueue', 'secret.yaml', '-p', 'token=geheimnis');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('HEDDLE_QUEUE_SECRET');
    await worker('--secrets', 'keys.yaml');
    expect(await call('enqueue', 'secret.yaml', '--wait')).toMatchObject({ code: 0, stdout: 'length: 9\n' });
  });

  test('actions are the workers own, too', async () => {
    const { code, stderr } = await call('enqueue', 'own.yaml');
    expect(code).toBe(0);
    expect(stderr).toContain("there is no action or workflow 'shop.order' here; a worker must have it");
    const one = await worker();
    await one.seen("there is no action or workflow 'shop.order'; looked at again in 1.0s, by whoever can");
    expect((await call('queue')).stdout).toContain(
      "1 run of own in default: no worker of the queue 'default' knows the action shop.order",
    );
    expect(await call('queue', 'drain')).toMatchObject({ code: 0, stdout: '1 run of default cancelled\n' });
  });

  test('schedules are registered, listed and removed', async () => {
    const made = await call('schedule', 'nightly.yaml');
    expect(made).toMatchObject({ code: 0 });
    expect(made.stdout).toMatch(/^nightly is registered; its next run is \d{4}-/);
    expect(JSON.parse((await call('schedule', 'list', '--json')).stdout)).toMatchObject([
      { id: 'nightly', cron: '30 2 * * *', timezone: 'Europe/Berlin', overlap: 'skip', queue: 'default' },
    ]);
    expect((await call('schedule', 'list')).stdout).toContain('nightly');
    expect(await call('schedule', 'remove', 'nightly')).toMatchObject({ code: 0, stdout: 'nightly is removed\n' });
    expect(await call('schedule', 'remove', 'nightly')).toMatchObject({ code: 1 });
    expect((await call('schedule', 'hello.yaml')).stderr).toContain('The workflow hello has no schedule');
    expect((await call('schedule', 'lsit')).stderr).toContain('Did you mean list?');
  });

  test('a queue is paused and goes on', async () => {
    expect((await call('queue', 'pause')).stdout).toBe('default is paused\n');
    await worker();
    const { stdout } = await call('enqueue', 'hello.yaml', '--json');
    expect((await call('queue')).stdout).toMatch(/default +runs +1 +0 +0 .*paused/);
    expect((await call('queue', 'resume')).stdout).toBe('default goes on\n');
    const { id } = JSON.parse(stdout) as { id: string };
    expect(await call('enqueue', 'hello.yaml', '--id', id, '--wait')).toMatchObject({ code: 0 });
    expect((await call('queue', 'clean', '--older-than', '0s')).stdout).toBe('1 run removed\n');
  });

  test('a worker tells an orchestrator how it is', async () => {
    const one = await worker('--health-port', '0');
    await one.seen('/health and /ready on port ');
    one.child.kill('SIGTERM');
    const { stderr } = await one.ended;
    expect(stderr).toMatch(/on port \d+/);
  });
});

test('without a server nothing is queued', async () => {
  const without = await heddle(['enqueue', 'hello.yaml'], { cwd: files.directory });
  expect(without.code).toBe(2);
  expect(without.stderr).toContain('No server of the queue is named');
  const away = await heddle(['queue', '--url', 'redis://127.0.0.1:1'], { cwd: files.directory });
  expect(away.code).toBe(2);
  expect(away.stderr).toContain('HEDDLE_QUEUE_UNREACHABLE');
  expect(away.stderr).not.toContain('    at ');
});
