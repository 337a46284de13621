import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const benchDirectory = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const rootDirectory = path.dirname(benchDirectory);
const modules = path.join(benchDirectory, 'node_modules');

/**
 * Bundles the suites and heddle's sources, so that nothing stale is measured; gives the file a child process runs,
 * which has a directory of its own. It lies where packages of bench/ are found first, and those of heddle next.
 */
export async function bundleSuites(): Promise<string> {
  const outdir = path.join(modules, '.cache', `suites-${process.pid}`);
  await build({
    absWorkingDir: rootDirectory,
    entryPoints: [path.join(benchDirectory, 'harness/child.ts')],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // In one file, what heddle imports late would be loaded at once.
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  return path.join(outdir, 'child.mjs');
}

/** Packages of bench/package.json that `needed` names and that are not installed. */
export function missingPeers(needed: Iterable<string>): string[] {
  return [...new Set(needed)].filter((name) => !existsSync(path.join(modules, name, 'package.json')));
}

/** Installs the packages of bench/package.json. */
export async function installPeers(): Promise<void> {
  await run('npm', ['install', '--legacy-peer-deps', '--no-package-lock', '--no-audit', '--no-fund'], benchDirectory);
}

/** Versions of installed peers. */
export function peerVersions(): Record<string, string> {
  const { dependencies } = readJson(path.join(benchDirectory, 'package.json')) as {
    dependencies: Record<string, string>;
  };
  const versions: Record<string, string> = {};
  for (const name of Object.keys(dependencies)) {
    const file = path.join(modules, name, 'package.json');
    if (existsSync(file)) versions[name] = (readJson(file) as { version: string }).version;
  }
  return versions;
}

/** Builds dist/ where it is older than a source: cold starts are those of what a user installs. */
export async function buildCommandLine(): Promise<void> {
  const built = path.join(rootDirectory, 'dist/cli.js');
  const sources = path.join(rootDirectory, 'src');
  const newest = readdirSync(sources, { recursive: true, encoding: 'utf8' }).reduce(
    (latest, name) => Math.max(latest, statSync(path.join(sources, name)).mtimeMs),
    0,
  );
  if (existsSync(built) && statSync(built).mtimeMs > newest) return;
  await run(process.execPath, ['scripts/build.mjs'], rootDirectory);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ${args.join(' ')} ended with code ${code}`)),
    );
  });
}
