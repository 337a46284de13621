import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compare, type MeasuredWork } from '../harness/comparison.ts';
import { hundredTasks } from './hundred-tasks.ts';

const directory = path.join(tmpdir(), 'heddle-bench');
const commandLine = path.resolve('dist/cli.js');

const ONE_TASK = `name: one
parameters:
  who: { type: string }
  times: { type: integer }
tasks:
  - { name: greet, action: core.echo, input: { message: "<< parameters.who >> × << parameters.times >>" } }
output: { text: << task.greet >> }
`;

function file(name: string, text: string): string {
  mkdirSync(directory, { recursive: true });
  const full = path.join(directory, name);
  writeFileSync(full, text);
  return full;
}

/** Wall time of a process from its start to its end. */
function cold(args: readonly string[]): MeasuredWork {
  mkdirSync(directory, { recursive: true });
  return {
    measure: () => {
      const startedMs = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, {
        cwd: directory,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      if (status !== 0) throw new Error(stderr.toString());
      return (performance.now() - startedMs) * 1e6;
    },
  };
}

export const coldStart = compare<null>({
  name: 'cold-start',
  title: 'Whole processes of the command line, from start to end',
  unit: 'ns',
  each: 'a process',
  cases: { 'as installed': null },
  variants: [
    { name: 'node -e 0', role: 'limit', prepare: () => cold(['-e', '0']) },
    { name: 'heddle --version', role: 'heddle', prepare: () => cold([commandLine, '--version']) },
    {
      name: 'heddle run',
      role: 'heddle',
      prepare: () => cold([commandLine, 'run', file('one.yaml', ONE_TASK), '-p', 'who=Ada', '-p', 'times=3']),
    },
    {
      name: 'heddle validate',
      role: 'heddle',
      prepare: () => cold([commandLine, 'validate', file('hundred.yaml', hundredTasks())]),
    },
  ],
  note: '`heddle run`: one task, two typed parameters, recorded in a journal. `heddle validate`: a file of 100 tasks.',
});
