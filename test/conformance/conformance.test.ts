import { readFileSync } from 'node:fs';
import path from 'node:path';
import { globSync } from 'tinyglobby';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONFORMANCE, generateRehearsals } from '../../scripts/generate-conformance.ts';
import { readRehearsals } from '../../src/rehearsal/index.ts';
import { heddle } from '../cli/heddle.ts';

/** What `heddle test --json` prints. */
interface Report {
  readonly failed: number;
  readonly files: readonly {
    readonly file: string;
    readonly rehearsals: readonly { readonly name: string; readonly problems: readonly unknown[] }[];
    readonly problems: readonly unknown[];
    readonly diagnostics: readonly { readonly severity: string }[];
  }[];
}

const root = path.resolve(import.meta.dirname, '../..');
const files = globSync(['test/conformance/*/rehearsals/*.rehearsal.yaml'], { cwd: root }).sort();

describe('heddle test test/conformance', () => {
  let report: Report;
  beforeAll(async () => {
    const { stdout, stderr } = await heddle(['test', 'test/conformance', '--json'], { cwd: root });
    if (stdout === '') throw new Error(stderr);
    report = JSON.parse(stdout) as Report;
  }, 120_000);

  describe.each(files)('%s', (file) => {
    const { rehearsals } = readRehearsals(readFileSync(path.join(root, file), 'utf8'));
    const ran = (): Report['files'][number] | undefined => report.files.find((each) => each.file === file);

    it.each(rehearsals.map(({ name }) => name))('%s', (name) => {
      expect(ran()?.rehearsals.find((rehearsal) => rehearsal.name === name)?.problems).toEqual([]);
    });

    it('is valid, and has no mock that nothing needs', () => {
      const { problems, diagnostics = [] } = ran() ?? {};
      expect(problems).toEqual([]);
      expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    });
  });
});

describe("Orquesta's cases", () => {
  it('are those of rehearsals.json', async () => {
    const generated = Object.entries(await generateRehearsals(CONFORMANCE));
    expect(generated.length).toBeGreaterThan(5);
    for (const [file, text] of generated) expect(readFileSync(path.join(CONFORMANCE, file), 'utf8')).toBe(text);
    const names = generated.flatMap(([, text]) => readRehearsals(text).rehearsals.map(({ name }) => name));
    expect(new Set(names).size).toBe(45);
  });
});
