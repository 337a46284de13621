import path from 'node:path';
import { Option } from 'commander';
import { examples, type DefineCommand } from '../command.ts';
import { hasError, reportChecked, type Checked } from '../checked-files.ts';
import { checkFile, loadEnvironment, withActionOptions, type ActionOptions, type Environment } from '../environment.ts';
import { readStdin } from '../mapping-file.ts';
import { UsageError } from '../error-report.ts';
import { EXIT } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

interface ValidateOptions extends ActionOptions {
  readonly format: 'pretty' | 'json' | 'github';
  readonly json?: true;
}

/** `heddle validate`: everything that is wrong with workflow files, without running them. */
export const define: DefineCommand = (command, { terminal, exit }) => {
  withActionOptions(command.argument('<FILE...>', 'workflow files, patterns (quoted), or - for standard input'))
    .addOption(
      new Option('-f, --format <FORMAT>', 'how to report').choices(['pretty', 'json', 'github']).default('pretty'),
    )
    .option('--json', 'the same as --format json')
    .addHelpText(
      'after',
      examples(
        ['heddle validate workflows/hello.yaml', 'one file'],
        ["heddle validate 'workflows/**/*.yaml' --format github", 'annotations in a pull request'],
        ['heddle validate --json - < workflow.yaml', 'for editors and scripts'],
      ) + '\n\nExit code 2 if any file has an error; warnings do not count.',
    )
    .action(async (patterns: string[], options: ValidateOptions) => {
      const startedAtMs = performance.now();
      const checked: Checked[] = [];
      const environments = new Map<string, Environment>();
      for (const file of await filesOf(patterns, terminal)) {
        // Files of one directory share their configuration; each is loaded once.
        const directory = file === '-' ? terminal.cwd : path.dirname(path.resolve(terminal.cwd, file));
        const environment =
          environments.get(directory) ?? (await loadEnvironment(options, terminal, path.join(directory, '-')));
        environments.set(directory, environment);
        checked.push(await check(file, environment, terminal));
      }
      const format = options.json === true ? 'json' : options.format;
      reportChecked(checked, format, performance.now() - startedAtMs, terminal);
      if (checked.some(hasError)) exit(EXIT.usage);
    });
};

/** Files that the patterns name, in their order, each once. A name that exists wins over its meaning as a pattern. */
async function filesOf(patterns: readonly string[], terminal: Terminal): Promise<string[]> {
  const files = new Set<string>();
  for (const pattern of patterns) {
    if (!/[*?[\]{}()!]/.test(pattern)) {
      files.add(pattern);
      continue;
    }
    const { glob } = await import('tinyglobby');
    const found = await glob([pattern], {
      cwd: terminal.cwd,
      ignore: ['**/node_modules/**'],
      expandDirectories: false,
    });
    if (found.length === 0) throw new UsageError(`no file matches '${pattern}'`);
    for (const file of found.sort()) files.add(file);
  }
  return [...files];
}

async function check(file: string, environment: Environment, terminal: Terminal): Promise<Checked> {
  const name = file === '-' ? '<stdin>' : file;
  const text = file === '-' ? await readStdin(terminal) : undefined;
  const { notice, ...checked } = await checkFile(name, environment, text);
  if (notice !== undefined) terminal.err.line(terminal.err.color.dim(notice));
  return { file: name, ...checked };
}
