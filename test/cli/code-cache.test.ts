import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import module from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { heddle, project } from './heddle.ts';

const files = project({
  'ok.yaml': 'tasks: [{ name: say, action: core.echo, input: { message: hello } }]\n',
  'bad.yaml': 'tasks: [{ name: say, action: core.eco }]\n',
  'own.yaml': 'tasks: [{ name: own, action: own.fail }]\n',
  'own.ts': `import { ActionError, defineAction } from 'heddle';
export const fail = defineAction({ name: 'own.fail', run: () => { throw new ActionError('as meant', { result: 5 }); } });
`,
});

/** Node itself keeps compiled code from 22.1 on. */
const isOurs = !('enableCompileCache' in module);

describe.runIf(isOurs)('compiled code', () => {
  const cacheOf = (name: string) => path.join(files.directory, name);
  const heddleIn = (cache: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    heddle(args, { cwd: files.directory, env: { XDG_CACHE_HOME: cacheOf(cache), ...env } });
  const kept = async (cache: string) => (await readdir(path.join(cacheOf(cache), 'heddle')).catch(() => [])).sort();

  it('is kept by the first start of a command that ends well, and used by the next', async () => {
    expect((await heddleIn('plain', ['validate', 'bad.yaml'])).code).toBe(2);
    expect(await kept('plain')).toEqual([]);
    const first = await heddleIn('plain', ['validate', 'ok.yaml']);
    const [name = '', ...others] = await kept('plain');
    expect(name).toMatch(/^validate-v.*\.code$/);
    expect(others).toEqual([]);
    const file = path.join(cacheOf('plain'), 'heddle', name);
    const { mtimeMs, mode } = await stat(file);
    expect(mode & 0o777).toBe(0o600);
    const second = await heddleIn('plain', ['validate', 'ok.yaml']);
    expect([first.code, second.code, first.stderr, second.stderr]).toEqual([0, 0, '', '']);
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
    // The same errors, with places, out of kept code.
    expect((await heddleIn('plain', ['validate', 'bad.yaml'])).stdout).toContain('did you mean core.echo');
  });

  it('that is broken is ignored and written again', async () => {
    await heddleIn('broken', ['validate', 'ok.yaml']);
    const [name = ''] = await kept('broken');
    const file = path.join(cacheOf('broken'), 'heddle', name);
    const whole = await readFile(file);
    for (const damaged of [
      whole.subarray(0, 1000),
      Buffer.alloc(whole.length, 7),
      Buffer.from(whole).fill(0, 30, 31),
    ]) {
      await writeFile(file, damaged);
      const { code, stderr } = await heddleIn('broken', ['validate', 'ok.yaml']);
      expect([code, stderr]).toEqual([0, '']);
      expect((await readFile(file)).equals(damaged)).toBe(false);
    }
  });

  it('is neither read nor written where others can write, or where it is switched off', async () => {
    await mkdir(path.join(cacheOf('open'), 'heddle'), { recursive: true });
    await chmod(path.join(cacheOf('open'), 'heddle'), 0o777);
    expect((await heddleIn('open', ['validate', 'ok.yaml'])).code).toBe(0);
    expect(await kept('open')).toEqual([]);
    expect((await heddleIn('off', ['validate', 'ok.yaml'], { NODE_DISABLE_COMPILE_CACHE: '1' })).code).toBe(0);
    expect(await kept('off')).toEqual([]);
    await writeFile(cacheOf('file'), '');
    expect((await heddleIn('file', ['validate', 'ok.yaml'])).code).toBe(0);
  });

  it('imports what a command loads late, and files of actions get the heddle that runs', async () => {
    for (let i = 0; i < 3; i++) {
      const { code, stdout, stderr } = await heddleIn('late', ['run', 'own.yaml', '--actions', 'own.ts', '--json']);
      expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('as meant')]);
      expect(stdout + stderr).not.toContain('HEDDLE_INTERNAL');
      if (i === 0) await heddleIn('late', ['run', 'ok.yaml', '--actions', 'own.ts']);
    }
    expect(await kept('late')).toEqual([expect.stringMatching(/^run-/)]);
  });

  it('is written whole by whoever comes first, where many start at once', async () => {
    const starts = await Promise.all(Array.from({ length: 4 }, () => heddleIn('many', ['validate', 'ok.yaml'])));
    expect(starts.map(({ code, stderr }) => [code, stderr])).toEqual(starts.map(() => [0, '']));
    expect(await kept('many')).toHaveLength(1);
    expect((await heddleIn('many', ['validate', 'ok.yaml'])).code).toBe(0);
  });

  it('keeps stack traces', async () => {
    for (let i = 0; i < 2; i++) {
      const { stderr } = await heddleIn('stack', ['run', 'own.yaml', '--actions', 'missing.ts', '--debug']);
      expect(stderr).toMatch(/at .*command-line\.cjs:\d+:\d+/);
      await heddleIn('stack', ['run', 'ok.yaml']);
    }
  });
});
