// Builds dist/: the library (index.js, journal.js, queue.js, and what they share or load later in chunks/), the thread that
// keeps locks of jobs (lock-thread.js), the command line (command-line.cjs, which cli.js starts), and declarations (types/).
//
//   node scripts/build.mjs                 build
//   node scripts/build.mjs --check         build, and fail if an entry would load slow libraries or many files at start-up
//   node scripts/build.mjs --if-possible   what `npm install` calls: without dev dependencies it says so and succeeds
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const require = createRequire(import.meta.url);

/** What is imported under a name of its own. */
const LIBRARY = {
  index: 'src/index.ts',
  journal: 'src/journal/index.ts',
  queue: 'src/queue/index.ts',
};

/**
 * What threads run: `action-thread` those of actions with `cpu: true`, `lock-thread` the one that keeps locks of jobs alive.
 * Built apart, since whatever entries share is split off into a file more that each of them reads.
 */
const THREADS = {
  'action-thread': 'src/node/threads/entry.ts',
  'lock-thread': 'src/queue/locks/thread.ts',
};

/** Needed at nearly every start: reading them from one file beside our own code beats resolving each package. */
const BUNDLED = ['commander', 'fastest-levenshtein', 'immer', 'js-yaml', 'picocolors'];

/** Each costs 40 ms and more to load, so none may stand among the static imports of an entry. */
const SLOW = [
  '@inquirer/prompts',
  '@photostructure/sqlite',
  'ajv',
  'ajv-formats',
  'bullmq',
  'handlebars',
  'ioredis',
  'jiti',
  'log-update',
  'pg',
  'piscina',
  'undici',
];

/** How many files an entry may read before it does something: each costs a millisecond. The last two have most in common. */
const MAX_FILES = { 'dist/index.js': 6, 'dist/journal.js': 8, 'dist/queue.js': 10 };
/** Loaded late, but by every command. */
const COMMANDS = /^dist\/chunks\/commands-\w+\.js$/;

/** Commander loads it at once, for sub-commands that are programs of their own; heddle has none, and saves 3 ms. */
const commanderAlone = {
  name: 'commander-alone',
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('commander') ? { path: 'none', namespace: 'empty' } : undefined,
    );
    build.onLoad({ filter: /^none$/, namespace: 'empty' }, () => ({ contents: '' }));
  },
};

/** What all builds have in common. Nothing is written: the outputs are put in place together. */
async function build(options) {
  const { build: run } = await import('esbuild');
  const { dependencies, peerDependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  return await run({
    absWorkingDir: root,
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !BUNDLED.includes(name)),
    mainFields: ['module', 'main'],
    plugins: [commanderAlone],
    legalComments: 'linked',
    metafile: true,
    write: false,
    logLevel: 'warning',
    ...options,
  });
}

const COMMAND_LINE = 'src/cli/main.ts';

/**
 * The command line is one file, and a script: V8 gives the compiled code of scripts away, to be kept between starts
 * (src/cli/start.ts), but before Node 22 not that of modules.
 */
async function commandLine() {
  const { outputFiles, metafile } = await build({
    entryPoints: { 'command-line': COMMAND_LINE },
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': 'bundleUrl' },
  });
  const [output] = Object.values(metafile.outputs).filter(({ entryPoint }) => entryPoint === COMMAND_LINE);
  const late = output.imports.filter(({ kind, external }) => kind === 'dynamic-import' && external === true).length;
  return outputFiles.map((file) => (file.path.endsWith('.cjs') ? withImport(file, late) : file));
}

/**
 * In Node 20 a script whose compiled code comes from a cache cannot import: it calls a function that whoever runs it
 * hands in, and that imports by itself where the file is loaded as any other.
 */
function withImport(file, late) {
  let found = 0;
  const text = file.text.replaceAll(/(?<![\w$.'"`])import\((?!\))/g, () => {
    found += 1;
    return 'importModule(';
  });
  // One more has no constant name: the library beside this file, which this bundle never asks for.
  if (found !== late + 1) throw new Error(`${found} imports were found in the command line, expected ${late + 1}`);
  return {
    path: file.path,
    text: `var importModule = importModule ?? ((name) => import(name));
const bundleUrl = require('node:url').pathToFileURL(__filename).href;
${text}`,
  };
}

async function bundle() {
  const program = await commandLine();
  const { text } = program.find((file) => file.path.endsWith('.cjs'));
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const [library, threads, start] = await Promise.all([
    build({ entryPoints: LIBRARY, splitting: true }),
    build({ entryPoints: THREADS, splitting: true }),
    build({ entryPoints: { cli: 'src/cli/start.ts' }, define: { COMMAND_LINE_HASH: JSON.stringify(hash) } }),
  ]);
  await rm(dist, { recursive: true, force: true });
  await mkdir(path.join(dist, 'chunks'), { recursive: true });
  await Promise.all([...program, ...library.outputFiles, ...threads.outputFiles, ...start.outputFiles].map(write));
  await chmod(path.join(dist, 'cli.js'), 0o755);
  return library.metafile;
}

// A bundled CommonJS package asks for Node's own modules with `require`, which an ES module does not have.
const REQUIRE = `import { createRequire as createRequireOfChunk } from 'node:module';
const require = createRequireOfChunk(import.meta.url);
`;

async function write(file) {
  const needsRequire = file.path.endsWith('.js') && /typeof require\b/.test(file.text);
  const [start = ''] = /^#!.*\n/.exec(file.text) ?? [];
  await writeFile(file.path, needsRequire ? start + REQUIRE + file.text.slice(start.length) : file.text);
}

/**
 * So that `npx heddle` in a clone runs this build at once. Without the link npx installs the clone into its cache first,
 * and once it did so before there was a build, it reports "heddle: not found" for ever after.
 */
async function link() {
  const bin = path.join(root, 'node_modules/.bin');
  if (process.platform === 'win32' || !existsSync(bin)) return;
  await rm(path.join(bin, 'heddle'), { force: true });
  await symlink('../../dist/cli.js', path.join(bin, 'heddle'));
}

/** Declarations are emitted without checking, which `npm run typecheck` does, so that an install stays quick. */
async function declarations() {
  await run([require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
  const directory = path.join(dist, 'types');
  const files = await readdir(directory, { recursive: true });
  await Promise.all(
    files
      .filter((name) => name.endsWith('.d.ts'))
      .map(async (name) => {
        const file = path.join(directory, name);
        const text = await readFile(file, 'utf8');
        // tsc leaves `.ts` in the imports of declarations, where a reader's compiler wants `.js`.
        await writeFile(file, text.replaceAll(/((?:from|import)\s*\(?\s*["']\.[^"']*)\.ts(["'])/g, '$1.js$2'));
      }),
  );
}

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${path.basename(args[0])} ended with code ${code}`)),
    );
  });
}

/** What makes the start of `entry` slow: libraries that it would load at once, and more files than it needs to read. */
function slowAtStart(metafile, entry, maxFiles) {
  const found = [];
  const files = new Set();
  const visit = (name) => {
    if (files.has(name)) return;
    files.add(name);
    for (const imported of metafile.outputs[name].imports) {
      const isCommands = COMMANDS.test(imported.path);
      if (imported.kind !== 'import-statement' && !isCommands) continue;
      const library = SLOW.find((slow) => imported.path === slow || imported.path.startsWith(`${slow}/`));
      if (library !== undefined) {
        found.push(`${entry} loads ${library} at start-up (static import in ${name}): import it where it is needed`);
      }
      if (!imported.external) visit(imported.path);
    }
  };
  visit(entry);
  if (files.size > maxFiles) {
    const list = [...files].join(', ');
    found.push(
      `${entry} reads ${files.size} files at start-up, expected at most ${maxFiles}: ${list}. ` +
        'Each module that is imported late splits off what it shares with the rest.',
    );
  }
  return found;
}

async function main() {
  const flags = new Set(process.argv.slice(2));
  try {
    require.resolve('esbuild');
    require.resolve('typescript/bin/tsc');
  } catch (error) {
    if (!flags.has('--if-possible')) throw error;
    console.error('heddle: not built, because the dev dependencies are not installed.');
    console.error('heddle: run `npm install` without --omit=dev once; dist/ then works without them.');
    return;
  }
  const metafile = await bundle();
  await declarations();
  await link();
  if (!flags.has('--check')) return;
  // In one file nobody sees any more what is imported late: the check looks at the same code in pieces.
  const pieces = await build({ entryPoints: { main: COMMAND_LINE, index: 'src/index.ts' }, splitting: true });
  const slow = [
    ...Object.entries(MAX_FILES).flatMap(([entry, maxFiles]) => slowAtStart(metafile, entry, maxFiles)),
    ...slowAtStart(pieces.metafile, 'dist/main.js', Infinity),
  ];
  if (slow.length === 0) return;
  console.error(slow.join('\n'));
  process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error(`The build failed: ${error.message}`);
  process.exitCode = 1;
}
