import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadModule } from '../../src/node/module-loader.ts';

const readme = path.resolve(import.meta.dirname, '../../README.md');

afterEach(() => vi.restoreAllMocks());

describe('README', () => {
  it('has a program that does what the comment behind its last line says', { timeout: 30_000 }, async () => {
    const [, program = ''] = /```ts\n([\s\S]*?)```/.exec(await readFile(readme, 'utf8')) ?? [];
    const said = vi.spyOn(console, 'log').mockReturnValue();
    const directory = await mkdtemp(path.join(tmpdir(), 'heddle-readme-'));
    try {
      const file = path.join(directory, 'program.ts');
      await writeFile(file, program);
      await loadModule(file);
    } finally {
      await rm(directory, { recursive: true });
    }
    expect(program).toContain("// succeeded [ 'Hello Ada', 'Hello Grace' ]");
    expect(said.mock.calls).toEqual([['succeeded', ['Hello Ada', 'Hello Grace']]]);
  });
});
