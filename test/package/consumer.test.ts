import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

/** A program that knows nothing of this repository but the package's name. */
const PROGRAM = `
import { Executor, defineAction, parseWorkflow } from 'heddle';

const double = defineAction({
  name: 'demo.double',
  input: { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] },
  run: (input) => input.n * 2,
});
const workflow = parseWorkflow(
  'tasks: [{ name: double, action: demo.double, with-items: [1, 2, 3], input: { n: << item >> } }]\\noutput: { all: << task.double >> }',
  { actions: [double] },
);
const { status, output } = await new Executor({ actions: [double] }).run(workflow);
console.log(JSON.stringify({ status, output }));
`;

const MISTAKEN = PROGRAM.replace('input.n * 2', 'input.missing * 2');

const CONFIGURATION = {
  // The declarations of the package's dependencies are not what is tested, and checking all of them takes a minute.
  compilerOptions: { module: 'NodeNext', target: 'ES2023', strict: true, noEmit: true, types: [], skipLibCheck: true },
  files: ['program.mts', 'mistaken.mts'],
};

describe('the built package, from a directory of its own', () => {
  let directory = '';

  beforeAll(() => {
    if (!existsSync(path.join(root, 'dist/index.js'))) throw new Error('There is no dist/: run `npm run build` first.');
    directory = mkdtempSync(path.join(tmpdir(), 'heddle-consumer-'));
    mkdirSync(path.join(directory, 'node_modules'));
    symlinkSync(root, path.join(directory, 'node_modules/heddle'), 'junction');
    writeFileSync(path.join(directory, 'program.mts'), PROGRAM);
    writeFileSync(path.join(directory, 'mistaken.mts'), MISTAKEN);
    writeFileSync(path.join(directory, 'program.mjs'), PROGRAM);
    writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify(CONFIGURATION));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('runs', () => {
    const printed = execFileSync(process.execPath, ['program.mjs'], { cwd: directory, encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual({ status: 'succeeded', output: { all: [2, 4, 6] } });
  });

  it('has types that a strict program compiles with, and that find a mistake', { timeout: 120_000 }, () => {
    const lines = compile().trim().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^mistaken\.mts\(\d+,\d+\): error TS2339: Property 'missing' does not exist/),
    ]);
  });

  it('has types that import no package but those that come with it', () => {
    const { dependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const types = path.join(root, 'dist/types');
    const entries = ['index.d.ts', 'journal/index.d.ts', 'queue/index.d.ts'];
    const reached = new Set(entries.map((name) => path.join(types, name)));
    const missing: { name: string; package: string }[] = [];
    // A set that grows while it is gone through.
    for (const file of reached) {
      const text = readFileSync(file, 'utf8');
      for (const [, found = ''] of text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)/g)) {
        const name = /^(?:@[^/]+\/)?[^./][^/]*/.exec(found)?.[0];
        if (name === undefined) reached.add(path.resolve(path.dirname(file), found.replace(/\.(?:ts|js)$/, '.d.ts')));
        else if (!name.startsWith('node:') && !Object.hasOwn(dependencies, name)) {
          missing.push({ name: path.relative(types, file), package: name });
        }
      }
    }
    expect(reached.size).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });

  /** What the compiler prints: nothing where it has nothing to say. */
  function compile(): string {
    try {
      return execFileSync(process.execPath, [tsc, '-p', '.'], { cwd: directory, encoding: 'utf8' });
    } catch (error) {
      return String((error as { stdout?: unknown }).stdout);
    }
  }
});
