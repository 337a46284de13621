import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { heddle, project } from './heddle.ts';

const LIBRARY = path.resolve(import.meta.dirname, '../../dist/index.js');

const files = project({
  'actions.ts': `
    import { isMainThread } from 'node:worker_threads';
    import { defineAction } from 'heddle';
    export const where = defineAction({ name: 'x.where', cpu: true, run: () => isMainThread });
    export const spin = defineAction({ name: 'x.spin', cpu: true, run: () => { for (;;); } });
  `,
  'spin.yaml': `
tasks:
  - { name: spin, action: x.spin, timeout: 300ms, next: [{ do: where }] }
  - { name: where, action: x.where, with-items: [1, 2, 3], concurrency: 3 }
output: { spin: << status('spin') >>, main: << task.where >> }
`,
  'embed.mjs': `
    import { isMainThread } from 'node:worker_threads';
    import { defineAction, Executor, parseWorkflow } from ${JSON.stringify(LIBRARY)};
    export const where = defineAction({ name: 'x.where', cpu: true, module: import.meta.url, run: () => isMainThread });
    if (isMainThread) {
      const text = 'tasks: [{ name: a, action: x.where }]\\noutput: { main: << task.a >> }\\n';
      const { output } = await new Executor({ actions: [where] }).run(parseWorkflow(text));
      console.log(JSON.stringify(output));
    }
  `,
});

it('actions with cpu: true run in threads of the built command line, and a timeout ends a loop without end', async () => {
  const { code, stdout } = await heddle(['run', 'spin.yaml', '--actions', 'actions.ts', '--json', '--no-journal'], {
    cwd: files.directory,
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ output: { spin: 'timed_out', main: [false, false, false] } });
});

it('they keep no program going that has nothing else to do', async () => {
  // Idle threads would stay for ten seconds.
  const { stdout } = await promisify(execFile)(process.execPath, ['embed.mjs'], {
    cwd: files.directory,
    timeout: 8_000,
  });
  expect(stdout).toBe('{"main":false}\n');
});
