import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { COMMANDS } from '../../src/cli/command-names.ts';
import { parseWorkflow } from '../../src/index.ts';
import { createQueue, createWorker } from '../../src/queue/index.ts';
import { hasRedis, RedisServer } from '../servers/redis-server.ts';
import { yamlBlocks } from './yaml-blocks.ts';

const root = path.resolve(import.meta.dirname, '../..');
/** For a busy machine. */
const PATIENTLY = { timeout: 20_000 };
const page = readFileSync(path.join(root, 'docs/scale-out.md'), 'utf8');

describe('docs/scale-out.md', () => {
  it('names commands, files and headings that there are', () => {
    const commands = [...page.matchAll(/(?:^|`|\$ |npx )heddle ([a-z]+)/gm)].map(([, name = '']) => name);
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter((name) => !Object.hasOwn(COMMANDS, name))).toEqual([]);
    const links = [...page.matchAll(/\]\(([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = links.filter(([, file = '', anchor]) => {
      const target = path.join(root, 'docs', file === '' ? 'scale-out.md' : file);
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  describe.runIf(hasRedis)('on a Redis', () => {
    let server: RedisServer;
    let directory = '';
    beforeAll(async () => {
      server = await RedisServer.start();
      directory = await mkdtemp(path.join(tmpdir(), 'heddle-scale-out-'));
    });
    afterAll(async () => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    });
    afterEach(() => {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
    });

    it('has programs that do what the comment behind their last output says', { timeout: 60_000 }, async () => {
      const programs = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, program = '']) => program);
      expect(programs).toHaveLength(2);
      vi.stubEnv('HEDDLE_QUEUE_URL', server.url());
      const said = vi.spyOn(console, 'log').mockReturnValue();
      const listeners = process.listeners('SIGTERM');
      for (const [at, program] of programs.entries()) {
        const file = path.join(directory, `program-${at}.ts`);
        await writeFile(
          file,
          program
            .replace("'heddle/queue'", `'${root}/src/queue/index.ts'`)
            .replace("'heddle'", `'${root}/src/index.ts'`),
        );
        await import(file);
      }
      expect(said.mock.calls).toContainEqual([true, 'succeeded', ['report']]);
      expect(programs[1]).toContain("// true succeeded [ 'report' ]");
      await expect.poll(() => said.mock.calls, PATIENTLY).toContainEqual(['access-log', 'succeeded']);
      // What the worker does when it is told to stop.
      const [stop] = process.listeners('SIGTERM').filter((listener) => !listeners.includes(listener));
      const queue = await createQueue();
      stop?.('SIGTERM');
      await expect.poll(() => queue.workers(), PATIENTLY).toEqual([]);
      await queue.close();
    });

    it('has a workflow with the output that it shows', { timeout: 60_000 }, async () => {
      const [block] = yamlBlocks('docs/scale-out.md', page).filter(({ text }) => text.includes('name: squares'));
      const [, sum] = /^sum: (\d+)$/m.exec(page) ?? [];
      const url = `${server.url()}?prefix=squares`;
      const worker = createWorker({ url });
      const queue = await createQueue({ url });
      await worker.start();
      const { id } = await queue.enqueue(parseWorkflow(block?.text ?? ''));
      expect(await queue.wait(id, { pollMs: 50 })).toMatchObject({ output: { sum: Number(sum) } });
      await queue.close();
      await worker.close();
    });
  });
});

/** What headings of a page are linked by, and anchors that it sets itself. */
function anchorsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
  return [...headings, ...[...text.matchAll(/<a id="(\w+)">/g)].map(([, id = '']) => id)];
}
