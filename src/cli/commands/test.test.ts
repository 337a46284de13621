import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommandLine } from '../program.ts';
import { fakeTerminal } from '../testing/fake-terminal.ts';

const cwd = path.resolve(import.meta.dirname, '../../../test/rehearsal/fixtures');

async function test(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { terminal, stdout, stderr } = fakeTerminal({ cwd });
  const code = await runCommandLine(['test', ...args], terminal);
  return { code, out: stdout(), err: stderr() };
}

describe('heddle test', () => {
  it('gives each rehearsal a line, and a summary', async () => {
    const { code, out } = await test('holds.yaml', 'parts.yaml');
    expect(code).toBe(0);
    expect(out).toMatch(
      /^holds\.yaml\n {2}✓ deploys to every region and polls until it is ready \(\d+ ms, 390 s of virtual time\)\n/,
    );
    expect(out).toMatch(/\n\nparts\.yaml\n {2}✓ runs/);
    expect(out.endsWith('10 passed\n')).toBe(true);
  });

  it('ends with 1 where a rehearsal does not hold', async () => {
    const { code, out } = await test('wrong.yaml');
    expect(code).toBe(1);
    expect(out).toContain('      status  wrong.yaml:11:5\n        expected  succeeded\n        got       failed\n');
    expect(out).toContain('  ✗ the file as a whole\n');
    expect(out.endsWith('0 passed, 1 failed, 1 mock that nothing needs\n')).toBe(true);
  });

  it('ends with 2 where a file is not valid, and runs the others', async () => {
    const { code, out } = await test('names.yaml', 'parts.yaml');
    expect(code).toBe(2);
    expect(out).toContain("names.yaml:4:21  error  HEDDLE_UNKNOWN_TASK  The workflow deploy.yaml has no task 'bild'.");
    expect(out.endsWith('5 passed, 1 file not valid\n')).toBe(true);
  });

  it('prints JSON for machines', async () => {
    const { code, out } = await test('holds.yaml', '--filter', 'waits', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      passed: 1,
      failed: 0,
      files: [{ file: 'holds.yaml', rehearsals: [{ passed: true, problems: [] }], problems: [], diagnostics: [] }],
    });
  });

  it('does not take nothing for success', async () => {
    expect(await test('holds.yaml', '--filter', 'no such name')).toMatchObject({
      code: 2,
      out: '0 passed\n',
      err: "No rehearsal's name contains 'no such name'.\n",
    });
    expect(await test('.')).toMatchObject({ code: 2, err: expect.stringContaining('HEDDLE_USAGE') });
  });
});
