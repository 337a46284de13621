// Runs every check of the project and says at the end how many passed: `npm test`.
//
//   --only a,b     these steps only (see STEPS)
//   --coverage     measure coverage of the core and hold it to its thresholds (vitest.config.ts)
//   --verbose      show the output of steps that passed too
//
// The last line is `N passed, N failed`: one for each test, and one for each other step.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const modules = path.join(root, 'node_modules');

const STEPS = [
  { name: 'typecheck', title: 'types', run: () => node('typescript/bin/tsc', ['--noEmit', '-p', '.']) },
  { name: 'lint', title: 'lint', run: () => node('eslint/bin/eslint.js', ['.', '--max-warnings', '0']) },
  {
    name: 'imports',
    title: 'import directions',
    run: () => node('dependency-cruiser/bin/dependency-cruise.mjs', ['--config', '.dependency-cruiser.cjs', 'src']),
  },
  { name: 'format', title: 'formatting', run: () => node('prettier/bin/prettier.cjs', ['--check', '.']) },
  { name: 'build', title: 'build', run: () => command(process.execPath, ['scripts/build.mjs', '--check']) },
  { name: 'workflow-format', title: 'workflows: heddle fmt', run: () => heddle('fmt', '--check', 'workflows') },
  { name: 'workflow-lint', title: 'workflows: heddle lint', run: () => heddle('lint', '--strict', 'workflows') },
  { name: 'tests', title: 'unit, end to end, conformance', run: tests },
  {
    name: 'bench',
    title: 'benchmarks start',
    skip: () => (existsSync(path.join(root, 'bench/run.mjs')) ? undefined : 'there is no bench/run.mjs'),
    run: () => command(process.execPath, ['bench/run.mjs', '--smoke']),
  },
];

function node(script, args) {
  return command(process.execPath, [path.join(modules, script), ...args]);
}

/** The command line as it was built. */
function heddle(...args) {
  return command(process.execPath, [path.join(root, 'dist/cli.js'), ...args]);
}

/** Runs a program to its end; never throws. */
function command(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
    const chunks = [];
    const collect = (chunk) => chunks.push(chunk);
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const end = (passed, note = '') => {
      const output = Buffer.concat(chunks).toString() + note;
      resolve({ passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, output });
    };
    child.once('error', (error) => end(false, `${error.message}\n`));
    child.once('close', (code, signal) => end(code === 0, signal === null ? '' : `ended by ${signal}\n`));
  });
}

/** Colour and terminal width are not part of what is tested. */
function environment() {
  const { FORCE_COLOR: _force, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}

/** What the tests of journals and queues start servers of their own with, and the Debian packages it comes in. */
const SERVERS = { 'redis-server': 'redis-server', postgres: 'postgresql' };

/** Installs the servers that tests start, where they are missing and it may; else says what will be skipped. */
async function installServers() {
  const missing = () => Object.keys(SERVERS).filter((program) => !isInstalled(program));
  if (missing().length === 0) return;
  const packages = missing().map((program) => SERVERS[program]);
  const prefix = await prefixOfRoot();
  if (prefix !== undefined) {
    console.log(`installing ${packages.join(' and ')} (apt-get)`);
    const environment = ['env', 'DEBIAN_FRONTEND=noninteractive'];
    const apt = (...args) => {
      const [program, ...rest] = [...prefix, ...environment, 'apt-get', ...args];
      return command(program, rest);
    };
    const updated = await apt('update');
    const { failed, output } = updated.failed === 0 ? await apt('install', '-y', ...packages) : updated;
    if (failed > 0) console.log(output.trimEnd().replaceAll(/^/gm, '    '));
  }
  for (const program of missing()) {
    const reason = prefix === undefined ? 'installing needs root or sudo without a password, and apt-get' : 'see above';
    console.log(`There is no ${program} (${reason}): tests that start one are skipped.`);
    console.log(`    To run them: apt-get update && apt-get install -y ${SERVERS[program]}`);
  }
}

/** What makes a command run as root: nothing for root, sudo for who may; undefined where packages cannot be installed. */
async function prefixOfRoot() {
  if (process.platform !== 'linux' || !isInstalled('apt-get')) return undefined;
  if (process.getuid() === 0) return [];
  const { failed } = await command('sudo', ['-n', 'true']);
  return failed === 0 ? ['sudo', '-n'] : undefined;
}

/** Whether a program is in the path, or where Debian keeps those of PostgreSQL. */
function isInstalled(program) {
  const versions = '/usr/lib/postgresql';
  const directories = [
    ...(process.env.PATH ?? '').split(path.delimiter),
    ...(existsSync(versions) ? readdirSync(versions).map((version) => path.join(versions, version, 'bin')) : []),
  ];
  return directories.some((directory) => existsSync(path.join(directory, program)));
}

async function tests() {
  await installServers();
  const directory = await mkdtemp(path.join(tmpdir(), 'heddle-test-'));
  const file = path.join(directory, 'report.json');
  try {
    const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    if (options.coverage) args.push('--coverage');
    const ended = await node('vitest/vitest.mjs', args);
    const report = existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : undefined;
    if (report === undefined) return ended;
    // A file that does not load has no test that could have failed; vitest's exit code tells of thresholds and stray errors.
    const broken = report.testResults.filter(
      (suite) => suite.status === 'failed' && !suite.assertionResults.some((test) => test.status === 'failed'),
    ).length;
    const failed = report.numFailedTests + broken;
    return {
      passed: report.numPassedTests,
      failed: failed === 0 ? ended.failed : failed,
      skipped: report.numPendingTests + report.numTodoTests,
      output: ended.output,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function parseOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      coverage: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',');
  const unknown = only?.find((name) => !STEPS.some((step) => step.name === name));
  if (unknown !== undefined) {
    console.error(`There is no step "${unknown}". Steps: ${STEPS.map((step) => step.name).join(', ')}.`);
    process.exit(2);
  }
  return { ...values, steps: only === undefined ? STEPS : STEPS.filter((step) => only.includes(step.name)) };
}

/** So that the one command works in a fresh clone too. */
async function install() {
  if (existsSync(path.join(modules, 'vitest'))) return;
  console.log('installing dependencies (npm ci)');
  const { failed, output } = await command('npm', ['ci']);
  if (failed === 0) return;
  console.log(`${output}\n0 passed, 1 failed`);
  process.exit(1);
}

function countsOf({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

const options = parseOptions();
await install();
const total = { passed: 0, failed: 0, skipped: 0 };
for (const step of options.steps) {
  const reason = step.skip?.();
  if (reason !== undefined) {
    total.skipped++;
    console.log(`skip    ${step.title} (${reason})`);
    continue;
  }
  const startedAtMs = performance.now();
  const { passed, failed, skipped, output } = await step.run();
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const counts = step.name === 'tests' ? `: ${countsOf({ passed, failed, skipped })}` : '';
  console.log(`${failed === 0 ? 'ok    ' : 'FAILED'}  ${step.title}${counts} (${seconds} s)`);
  if (failed > 0 || options.verbose) console.log(output.trimEnd().replaceAll(/^/gm, '    '));
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
console.log(`\n${countsOf(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
