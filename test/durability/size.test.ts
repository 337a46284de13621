import { statSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { Scene } from './scene.ts';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

vi.setConfig({ testTimeout: 120_000 });

const scene = Scene.create();

const ITEMS = 10_000;
const CONTEXT_BYTES = 1_000_000;
/** No two are the same: lists of results that are equal would be stored once. */
const resultOf = (n: number): object => ({ n, name: 'x'.repeat(60), ok: true });

const WORKFLOW = `
name: size
tasks:
  - { name: prepare, action: demo.noise, input: { length: ${CONTEXT_BYTES} }, publish: { context: << task.prepare >> } }
  - name: each
    action: core.echo
    with-items: << range(0, ${ITEMS}) >>
    concurrency: 20
    input: { n: << item >>, name: ${'x'.repeat(60)}, ok: "<< length(workflow.context) > item >>" }
  - { name: after, action: core.echo, input: { n: << length(task.each) >> } }
output: { n: << task.after.n >>, context: << length(workflow.context) >> }
`;

test('10,000 items over an incompressible context of 1 MB take the room of the results and one context', async () => {
  await writeFile(path.join(scene.directory, 'size.yaml'), WORKFLOW);
  const { stdout, code } = await scene.heddle(['run', 'size.yaml', '--actions', 'actions.mjs']).ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: `n: ${ITEMS}\ncontext: ${CONTEXT_BYTES}\n` });
  const resultBytes = Array.from({ length: ITEMS }, (_, n) => JSON.stringify(resultOf(n)).length).reduce(
    (a, b) => a + b,
  );
  const wanted = resultBytes + CONTEXT_BYTES;
  const written = journalBytes();
  expect((await scene.heddle(['journal', 'compact']).ended).code).toBe(0);
  const compact = journalBytes();
  console.log(
    `results ${mega(resultBytes)} + context ${mega(CONTEXT_BYTES)}: journal ${mega(written)}, ${(written / wanted).toFixed(2)} ×; ` +
      `compacted ${mega(compact)}, ${(compact / wanted).toFixed(2)} ×`,
  );
  // The log of the database has every page once that was written twice.
  expect(written / wanted).toBeLessThan(2);
  expect(compact / wanted).toBeLessThan(1.25);
});

/** The file and its log. */
function journalBytes(): number {
  return [scene.database, `${scene.database}-wal`].reduce(
    (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function mega(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`;
}
