import { statSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { Scene } from './scene.ts';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

vi.setConfig({ testTimeout: 120_000 });

const scene = Scene.create();

const ITEMS = 10_000;
const CONTEXT_BYTES = 1_000_000;
const RESULT = { name: 'x'.repeat(60), ok: true };

const WORKFLOW = `
name: size
tasks:
  - { name: prepare, action: demo.noise, input: { length: ${CONTEXT_BYTES} }, publish: { context: << task.prepare >> } }
  - name: each
    action: core.echo
    with-items: << range(0, ${ITEMS}) >>
    concurrency: 20
    input: { name: ${RESULT.name}, ok: "<< length(workflow.context) > item >>" }
  - { name: after, action: core.echo, input: { n: << length(task.each) >> } }
output: { n: << task.after.n >>, context: << length(workflow.context) >> }
`;

test('10,000 items over an incompressible context of 1 MB take the room of the results and one context', async () => {
  await writeFile(path.join(scene.directory, 'size.yaml'), WORKFLOW);
  const { stdout, code } = await scene.heddle(['run', 'size.yaml', '--actions', 'actions.mjs']).ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: `n: ${ITEMS}\ncontext: ${CONTEXT_BYTES}\n` });
  const resultBytes = ITEMS * JSON.stringify(RESULT).length;
  const journalBytes = [scene.database, `${scene.database}-wal`].reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
  const ratio = journalBytes / (resultBytes + CONTEXT_BYTES);
  console.log(
    `journal ${mega(journalBytes)}: ${ratio.toFixed(2)} × (results ${mega(resultBytes)} + context ${mega(CONTEXT_BYTES)})`,
  );
  expect(ratio).toBeLessThan(1.5);
});

function mega(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
