import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { heddle, project, type Ended } from './heddle.ts';

const files = project({
  'actions/deploy.yaml':
    'ref: shop.deploy\nworkflow_file: workflows/deploy.workflow.yaml\nparameters:\n  region: { type: string, required: true }\n',
  'actions/workflows/deploy.workflow.yaml':
    'version: 1.0.0\ntasks:\n  - name: greet\n    action: core.echo\n    permission_set_refs: [standard]\n    input:\n      message: "to {{ parameters.region }}"\noutput_map:\n  said: "{{ task.greet.result }}"\n',
  'actions/alone.yaml': 'ref: shop.alone\nworkflow_file: workflows/none.yaml\n',
  'cache.yaml': 'version: 1.0.0\ntasks:\n  - name: a\n    action: x.y\n    iterate_cache: { namespace: users }\n',
});
const call = (...args: string[]): Promise<Ended> => heddle(args, { cwd: files.directory });

describe('import attune', () => {
  test('an action and its graph become a workflow that runs', async () => {
    const { code, stderr } = await call('import', 'attune', 'actions/deploy.yaml', '-o', 'out/');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^actions\/workflows\/deploy\.workflow\.yaml:5:26 {2}warning {2}HEDDLE_IMPORT_CHANGED/m);
    expect(await readFile(path.join(files.directory, 'out/deploy.yaml'), 'utf8')).toContain(
      'message: to << parameters.region >>\n',
    );
    expect(await call('run', 'out/deploy.yaml', '-p', 'region=eu', '-q')).toMatchObject({ code: 0, stdout: 'to eu\n' });
  });

  test('what is lost is told at its line, exit code 1', async () => {
    const { code, stdout, stderr } = await call('import', 'attune', 'cache.yaml');
    expect(code).toBe(1);
    expect(stdout).toContain('    iterate_cache: { namespace: users }\n');
    expect(stderr).toMatch(/^cache\.yaml:5:20 {2}error {2}HEDDLE_IMPORT_LOST {2}There are no data caches\./m);
  });

  test('a graph that is not there, exit code 2', async () => {
    const { code, stderr } = await call('import', 'attune', 'actions/alone.yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^actions\/alone\.yaml:2:16 {2}error {2}HEDDLE_IMPORT_INVALID {2}The file 'workflows\/none\.yaml'/m,
    );
  });
});
