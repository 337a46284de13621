import { describe, expect, test } from 'vitest';
import { heddle, project, type Ended } from './heddle.ts';

const REQUEST = 'tasks:\n  - name: a\n    action: http.get\n    input: { url: http://x/ }\n';
const ITEMS = 'tasks:\n  - { name: a, action: demo.fetch, with-items: [1, 2] }\n';

const files = project({
  'clean.yaml': 'tasks: [{ name: a }]\n',
  'warns.yaml': REQUEST,
  'secret.yaml':
    'tasks:\n  - name: a\n    input:\n      password: hunter2x # mine\n      key: |\n        -----BEGIN ' +
    'PRIVATE KEY-----\n        abc\n',
  'broken.yaml': 'tasks:\n  - name: a\n    action: core.ech\n    nxt: b\n',
  'more/deep.yaml': REQUEST,
  'more/a.rehearsal.yaml': 'workflow: deep.yaml\n',
  'more/compose.yaml': 'services: {}\n',
  'levels/heddle.config.json': '{ "lint": { "http-timeout": "error", "retry-delay": "off" } }',
  'levels/a.yaml': REQUEST,
  'unknown/heddle.config.json': '{ "lint": { "http-timout": "off" } }',
  'unknown/a.yaml': REQUEST,
  'wrong/heddle.config.json': '{ "lint": { "http-timeout": "warn" } }',
  'wrong/a.yaml': REQUEST,
  'own/heddle.config.json': '{ "actions": ["./actions.mjs"] }',
  'own/actions.mjs': "export const fetch = { name: 'demo.fetch', io: true, run: () => 1 };\n",
  'own/a.yaml': ITEMS,
});
const call = (args: string[], input = ''): Promise<Ended> => heddle(args, { cwd: files.directory, input });

describe('lint', () => {
  test('nothing found', async () => {
    const { code, stdout, stderr } = await call(['lint', 'clean.yaml']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^✓ clean\.yaml\n\n1 file · no errors · /);
  });

  test('warnings: exit code 0, with --strict 1', async () => {
    const { code, stdout } = await call(['lint', 'warns.yaml']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^warns\.yaml:3:13 {2}warning {2}HEDDLE_LINT_HTTP_TIMEOUT {2}'a' waits/);
    expect(stdout).toContain('  3 |     action: http.get\n    |             ^^^^^^^^\n    Add `timeout: 30s`');
    expect(stdout).toMatch(/⚠ warns\.yaml\n\n1 file · no errors · 1 warning · /);
    expect((await call(['lint', '--strict', 'warns.yaml'])).code).toBe(1);
    expect((await call(['lint', '--strict', 'clean.yaml'])).code).toBe(0);
  });

  test('an error: exit code 1, and a secret is not shown', async () => {
    const { code, stdout, stderr } = await call(['lint', 'secret.yaml']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^secret\.yaml:4:17 {2}error {2}HEDDLE_LINT_PLAIN_SECRET/);
    expect(stdout).toContain('  4 |       password: ******** # mine\n    |                 ^^^^^^^^');
    expect(stdout).toContain('  5 |       key: |\n    |       ^^^');
    expect(stdout + stderr).not.toContain('hunter2x');
  });

  test('a workflow that is not valid: what is wrong with it, and exit code 2; unknown actions are let through', async () => {
    const { code, stdout } = await call(['lint', 'broken.yaml']);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^broken\.yaml:4:5 {2}error {2}HEDDLE_UNKNOWN_KEY/);
    expect(stdout).not.toContain('HEDDLE_UNKNOWN_ACTION');
    expect((await call(['lint', 'no.yaml'])).code).toBe(2);
  });

  test('a directory: workflows only', async () => {
    const { stdout } = await call(['lint', 'more', '--json']);
    const report = JSON.parse(stdout) as { files: { file: string; diagnostics: { code: string }[] }[] };
    expect(report).toMatchObject({ valid: true, errors: 0, warnings: 1 });
    expect(report.files.map(({ file }) => file)).toEqual(['more/deep.yaml']);
    expect(report.files[0]?.diagnostics).toMatchObject([{ code: 'HEDDLE_LINT_HTTP_TIMEOUT', line: 3, column: 13 }]);
  });

  test('standard input, annotations', async () => {
    const { stdout } = await call(['lint', '-', '--format', 'github'], REQUEST);
    expect(stdout).toMatch(
      /^::warning file=<stdin>,line=3,col=13,endLine=3,endColumn=21,title=HEDDLE_LINT_HTTP_TIMEOUT::/,
    );
  });

  test('levels of the configuration', async () => {
    const { code, stdout } = await call(['lint', 'levels']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/error {2}HEDDLE_LINT_HTTP_TIMEOUT/);
    const unknown = await call(['lint', 'unknown']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("a lint rule 'http-timout' that does not exist; did you mean 'http-timeout'?");
    const wrong = await call(['lint', 'wrong']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("must give lint rule 'http-timeout' one of off, warning, error");
  });

  test('an action of the project that says that it does I/O', async () => {
    expect((await call(['lint', 'own'])).stdout).toContain('HEDDLE_LINT_ITEMS_CONCURRENCY');
    expect((await call(['lint', '-'], ITEMS)).stdout).not.toContain('HEDDLE_LINT_ITEMS_CONCURRENCY');
  });
});
