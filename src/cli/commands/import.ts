import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { Argument } from 'commander';
import { ENGINES, type ImportResult } from '../../import/index.ts';
import { examples, type DefineCommand } from '../command.ts';
import { printDiagnostics } from '../diagnostic-report.ts';
import { UsageError } from '../error-report.ts';
import { EXIT } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { formatPlural } from '../text/quantities.ts';
import { openBeside } from '../open-beside.ts';
import { readYamlFile, type YamlFile } from '../yaml-files.ts';

interface ImportCommandOptions {
  readonly output?: string;
  readonly force?: true;
  readonly json?: true;
}

interface Imported extends ImportResult {
  readonly file: string;
  readonly source: string;
  /** Where it is written; undefined for standard output. */
  readonly target: string | undefined;
}

/** `heddle import`: translates workflows of other engines. */
export const define: DefineCommand = (command, { terminal, exit }) => {
  command
    .addArgument(new Argument('<ENGINE>', 'whose workflows they are').choices(Object.keys(ENGINES)))
    .argument('<FILES...>', 'workflow files, or - for standard input')
    .option('-o, --output <PATH>', 'file or directory to write to; default: standard output')
    .option('--force', 'overwrite files that exist')
    .option('--json', 'print texts and diagnostics as JSON')
    .addHelpText(
      'after',
      examples(
        ['heddle import orquesta deploy.yaml', 'to standard output, what could not be translated to stderr'],
        ['heddle import orquesta deploy.yaml -o workflows/deploy.yaml', 'to a file'],
        ['heddle import orquesta actions/workflows/*.yaml -o workflows/', 'a whole pack'],
        [
          'heddle import attune actions/deploy.yaml -o workflows/',
          'an action with the graph that its workflow_file names',
        ],
      ) +
        '\n\nWhat cannot be translated stays in its place, with a comment above it.' +
        '\n\nExit code 1 if something could not be translated, 2 if a file is no such workflow.',
    )
    .action(async (engine: string, files: string[], options: ImportCommandOptions) => {
      const importer = await ENGINES[engine]?.load();
      if (importer === undefined) throw new UsageError(`there is no engine '${engine}'`);
      if (files.length > 1 && options.output === undefined && options.json !== true) {
        throw new UsageError('several files need a directory to write to: --output DIRECTORY');
      }
      const imported: Imported[] = [];
      for (const file of files) {
        const source = await readYamlFile(yamlFile(file, terminal), terminal);
        const target = targetOf(file, files.length, options, terminal);
        const result = importer(
          source,
          file === '-' ? {} : { file, open: (other) => openBeside(file, other, terminal.cwd) },
        );
        imported.push({ ...result, file: file === '-' ? '<stdin>' : file, source, target });
      }
      if (options.output !== undefined) await write(imported);
      if (options.json === true) reportJson(imported, terminal);
      else report(imported, ENGINES[engine]?.title ?? engine, terminal);
      if (imported.some((one) => has(one, 'HEDDLE_IMPORT_LOST'))) exit(EXIT.failed);
      if (imported.some(isInvalid)) exit(EXIT.usage);
    });
};

function yamlFile(name: string, { cwd }: Terminal): YamlFile {
  return { name, path: name === '-' ? undefined : path.resolve(cwd, name), isNamed: true };
}

function targetOf(
  file: string,
  count: number,
  { output, force }: ImportCommandOptions,
  { cwd }: Terminal,
): string | undefined {
  if (output === undefined) return undefined;
  const place = path.resolve(cwd, output);
  const isDirectory = count > 1 || /[\\/]$/.test(output) || statSync(place, { throwIfNoEntry: false })?.isDirectory();
  const target = isDirectory === true ? path.join(place, file === '-' ? 'workflow.yaml' : path.basename(file)) : place;
  if (existsSync(target) && force !== true) {
    throw new UsageError(`${path.relative(cwd, target)} exists; --force overwrites it`);
  }
  return target;
}

async function write(imported: readonly Imported[]): Promise<void> {
  const { mkdir } = await import('node:fs/promises');
  const { default: writeFileAtomic } = await import('write-file-atomic');
  for (const one of imported) {
    if (one.target === undefined || one.text === '') continue;
    await mkdir(path.dirname(one.target), { recursive: true });
    await writeFileAtomic(one.target, one.text);
  }
}

function has({ diagnostics }: ImportResult, code: string): boolean {
  return diagnostics.some((diagnostic) => diagnostic.code === code);
}

/** Whether something is wrong with the file itself. */
function isInvalid({ diagnostics }: ImportResult): boolean {
  return diagnostics.some(({ severity, code }) => severity === 'error' && code !== 'HEDDLE_IMPORT_LOST');
}

function reportJson(imported: readonly Imported[], { out }: Terminal): void {
  const files = imported.map(({ file, target, text, diagnostics }) => ({
    file,
    ...(target === undefined ? { text } : { output: target }),
    diagnostics,
  }));
  out.line(JSON.stringify({ files }, null, 2));
}

function report(imported: readonly Imported[], engine: string, { out, err, cwd }: Terminal): void {
  const { color, symbols } = err;
  for (const { file, source, text, diagnostics, target } of imported) {
    if (target === undefined && text !== '') out.write(text);
    if (diagnostics.length > 0) err.line(`${printDiagnostics(diagnostics, err, new Map([[file, source]]))}\n`);
  }
  for (const one of imported) {
    const lost = one.diagnostics.filter(({ code }) => code === 'HEDDLE_IMPORT_LOST').length;
    const changed = one.diagnostics.filter(({ code }) => code === 'HEDDLE_IMPORT_CHANGED').length;
    const facts = [
      ...(lost > 0 ? [`${formatPlural(lost, 'place')} not translated`] : []),
      ...(changed > 0 ? [`${formatPlural(changed, 'place')} to look at`] : []),
    ];
    const mark = isInvalid(one)
      ? color.red(symbols.failed)
      : facts.length > 0
        ? color.yellow(symbols.warning)
        : color.green(symbols.succeeded);
    const to = one.target === undefined ? '' : ` -> ${path.relative(cwd, one.target)}`;
    const state = isInvalid(one) ? [`is no valid workflow of ${engine}`] : facts;
    err.line([`${mark} ${one.file}${to}`, ...state].join(color.dim(` ${symbols.dot} `)));
  }
}
