import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRehearsals, runRehearsalFile, type RehearsalFileReport } from '../../src/rehearsal/index.ts';

const fixtures = path.join(import.meta.dirname, 'fixtures');

function run(name: string, filter?: string): Promise<RehearsalFileReport> {
  return runRehearsalFile(path.join(fixtures, name), {
    displayName: name,
    ...(filter === undefined ? {} : { filter }),
  });
}

describe('rehearsals', () => {
  it.each(['holds.yaml', 'parts.yaml', 'reruns.yaml'])(
    'of %s hold, in no more than a moment of real time',
    async (name) => {
      const { reports, problems, diagnostics } = await run(name);
      expect(diagnostics).toEqual([]);
      expect(reports.flatMap((report) => report.problems)).toEqual([]);
      expect(problems).toEqual([]);
      expect(reports.length).toBeGreaterThan(1);
      for (const { virtualMs, durationMs } of reports) if (virtualMs > 60_000) expect(durationMs).toBeLessThan(10_000);
    },
  );

  it('tell everything that did not come out, each with its place', async () => {
    const { reports, problems } = await run('wrong.yaml');
    expect(reports[0]?.passed).toBe(false);
    expect(reports[0]?.problems.map(({ subject, location }) => [subject, location.line, location.column])).toEqual([
      ['task roll_back', 7, 7],
      ['status', 11, 5],
      ['tasks', 12, 37],
      ['statuses.deploy_region', 13, 34],
      ['output.image', 14, 24],
      ['output.more', 14, 55],
      ['errors', 15, 16],
      ["holds: output.image == 'x'", 16, 15],
      ['holds: output.nothing', 16, 36],
      ['mock of deploy_region[7]', 8, 9],
    ]);
    expect(problems).toMatchObject([{ subject: 'mock of announce', location: { line: 3, column: 5 } }]);
  });

  it('tell what did not come out of a rerun', async () => {
    const { reports } = await run('reruns-wrong.yaml');
    const places = reports.map(({ problems }) => problems.map(({ subject, location }) => [subject, location.line]));
    expect(places).toEqual([
      [
        ['status', 9],
        ['tasks', 9],
        ['mock of poll', 8],
      ],
      [['rerun', 13]],
    ]);
    expect(reports[1]?.problems[0]?.note).toContain('has not ended');
  });

  it('name tasks and workflows that exist', async () => {
    const { reports, diagnostics } = await run('names.yaml');
    expect(reports).toEqual([]);
    expect(diagnostics.map(({ code, line, column, suggestion }) => [code, line, column, suggestion])).toEqual([
      ['HEDDLE_UNKNOWN_TASK', 4, 21, 'build'],
      ['HEDDLE_UNKNOWN_TASK', 5, 30, 'deploy_region'],
      ['HEDDLE_REHEARSAL', 7, 15, undefined],
    ]);
  });

  it('can be chosen by name; then a mock of the file need not serve', async () => {
    const { reports, problems } = await run('holds.yaml', 'GIVES UP');
    expect(reports.map(({ name }) => name)).toEqual(['gives up after three attempts to build']);
    expect(problems).toEqual([]);
  });

  it('cannot be of a workflow that is not valid', async () => {
    const { diagnostics } = await run('invalid.yaml');
    expect(diagnostics).toMatchObject([
      { code: 'HEDDLE_UNKNOWN_KEY', file: expect.stringContaining('invalid-workflow.yaml') },
    ]);
  });

  it('must be in a file that exists', async () => {
    await expect(run('none.yaml')).rejects.toMatchObject({ code: 'HEDDLE_FILE_NOT_FOUND' });
  });
});

describe('docs/testing.md', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../../docs/testing.md'), 'utf8');
  const blocks = [...page.matchAll(/```yaml (rehearsal|mocks)\n(.*?)```/gs)];

  it('shows rehearsals that are valid', () => {
    expect(blocks.length).toBeGreaterThan(3);
    for (const [, kind, text] of blocks) {
      const file = kind === 'mocks' ? `name: n\nworkflow: w.yaml\n${text ?? ''}` : (text ?? '');
      expect(readRehearsals(file).diagnostics).toEqual([]);
    }
  });
});
