#!/usr/bin/env node
/**
 * Starts the command line, which is one file: most of what a start costs is compiling it, so that the compiled code is
 * kept between starts, by Node itself from 22.1 on. `NODE_DISABLE_COMPILE_CACHE=1` switches that off.
 */
import { readFileSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { CodeCacheFile, codeCacheDirectory, makePrivate, type WriteAtomically } from './code-cache.ts';
import { COMMANDS } from './command-names.ts';

/** Of the file with the command line; scripts/build.mjs puts it in. */
declare const COMMAND_LINE_HASH: string;

/** After longer runs V8 has forgotten the code of the start. */
const MAX_UPTIME_MS = 10_000;

/**
 * Commands that read files once and end: V8's optimising compiler takes a quarter of their time on a file of 100 tasks,
 * and none of what it makes is run for long. It gets to work six times as late, which costs a file of 20,000 tasks a fifth.
 */
const BRIEF: readonly string[] = ['validate', 'lint', 'fmt', 'graph'];
const LATE_OPTIMISATION = '--interrupt-budget=400000';

const file = fileURLToPath(new URL('command-line.cjs', import.meta.url));
const require = module.createRequire(file);
const directory = codeCacheDirectory(process.env, process.platform);
const { enableCompileCache } = module as { readonly enableCompileCache?: (directory?: string) => unknown };

if (enableCompileCache !== undefined) {
  if (process.env['NODE_COMPILE_CACHE']) enableCompileCache();
  else if (directory !== undefined && makePrivate(directory)) enableCompileCache(directory);
  require(file);
} else if (directory === undefined) {
  require(file);
} else {
  runWithCache(directory);
}

function runWithCache(directory: string): void {
  const command = commandOf(process.argv.slice(2));
  if (BRIEF.includes(command)) (require('node:v8') as typeof import('node:v8')).setFlagsFromString(LATE_OPTIMISATION);
  const cache = new CodeCacheFile(directory, {
    command,
    hash: COMMAND_LINE_HASH,
    version: process.version,
    arch: process.arch,
    flags: [...process.execArgv, process.env['NODE_OPTIONS']].join(' '),
  });
  const cachedData = cache.read();
  const source = readFileSync(file, 'latin1');
  const script = new vm.Script(
    `(function (exports, require, module, __filename, __dirname, importModule) { ${source}\n})`,
    {
      filename: file,
      ...(cachedData === undefined ? {} : { cachedData }),
    },
  );
  if (cache.isDue || script.cachedDataRejected === true) {
    process.once('exit', (code) => {
      // What did not end well has not seen the code that others need.
      if (code !== 0 || performance.now() > MAX_UPTIME_MS) return;
      const loadWriter = () => (require('write-file-atomic') as { readonly sync: WriteAtomically }).sync;
      cache.write(() => script.createCachedData(), loadWriter);
    });
  }
  const run = script.runInThisContext() as (...parts: readonly unknown[]) => void;
  const loaded = { exports: {} };
  run(loaded.exports, require, loaded, file, path.dirname(file), (name: string) => import(name));
}

function commandOf([name = '', ...rest]: readonly string[]): string {
  const asksForHelp = rest.includes('--help') || rest.includes('-h');
  return Object.hasOwn(COMMANDS, name) && !asksForHelp ? name : 'other';
}
