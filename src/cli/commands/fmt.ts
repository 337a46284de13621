import type { DefineCommand } from '../command.ts';
import { examples } from '../command.ts';
import { printDiagnostics } from '../diagnostic-report.ts';
import { EXIT } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { formatPlural } from '../text/quantities.ts';
import { findYamlFiles, kindOf, readYamlFile, type YamlFile } from '../yaml-files.ts';
import { formatYaml, type FormatResult } from '../../format/index.ts';

interface FmtOptions {
  readonly check?: true;
  readonly json?: true;
}

interface Formatted extends FormatResult {
  readonly file: YamlFile;
  readonly source: string;
  readonly isChanged: boolean;
}

/** `heddle fmt`: lays out workflow files. */
export const define: DefineCommand = (command, { terminal, exit }) => {
  command
    .argument('[FILES...]', 'files, directories, patterns (quoted), or - for standard input; default: this directory')
    .option('-c, --check', 'change nothing; exit code 1 and a list if a file is not formatted')
    .option('--json', 'report as JSON')
    .addHelpText(
      'after',
      examples(
        ['heddle fmt', 'all workflows and rehearsals below this directory'],
        ['heddle fmt --check workflows', 'in continuous integration'],
        ['heddle fmt - < deploy.yaml', 'from standard input to standard output, for editors'],
      ) +
        '\n\nPuts the keys of workflows in order, indents by two spaces and spells keys in kebab-case. Comments, quotes and' +
        '\nblock texts stay as they are. In directories and patterns only workflows and rehearsals are looked at.' +
        '\n\nExit code 2 if a file cannot be read as YAML.',
    )
    .action(async (args: string[], options: FmtOptions) => {
      const formatted: Formatted[] = [];
      for (const file of await findYamlFiles(args, terminal)) {
        const source = await readYamlFile(file, terminal);
        if (!file.isNamed && kindOf(source) === 'other') continue;
        const result = formatYaml(source, { file: file.name });
        formatted.push({ ...result, file, source, isChanged: result.text !== source });
      }
      const isCheck = options.check === true;
      if (!isCheck) await write(formatted);
      if (options.json === true) reportJson(formatted, terminal);
      else report(formatted, isCheck, terminal);
      if (formatted.some(hasError)) exit(EXIT.usage);
      else if (isCheck && formatted.some(({ isChanged }) => isChanged)) exit(EXIT.failed);
    });
};

function hasError({ diagnostics }: FormatResult): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

async function write(formatted: readonly Formatted[]): Promise<void> {
  for (const { file, text, isChanged } of formatted) {
    if (file.path === undefined || !isChanged) continue;
    const { default: writeFileAtomic } = await import('write-file-atomic');
    await writeFileAtomic(file.path, text);
  }
}

function reportJson(formatted: readonly Formatted[], { out }: Terminal): void {
  const files = formatted.map(({ file, isChanged, diagnostics, text }) => {
    return { file: file.name, changed: isChanged, diagnostics, ...(file.path === undefined ? { text } : {}) };
  });
  out.line(JSON.stringify({ changed: files.filter(({ changed }) => changed).length, files }, null, 2));
}

function report(formatted: readonly Formatted[], isCheck: boolean, { out, err }: Terminal): void {
  const texts = new Map(formatted.map(({ file, source }) => [file.name, source]));
  const diagnostics = formatted.flatMap((each) => each.diagnostics);
  if (diagnostics.length > 0) err.line(`${printDiagnostics(diagnostics, err, texts)}\n`);
  const fromStdin = formatted.find(({ file }) => file.path === undefined);
  // Whoever pipes a file through gets it back, formatted or not.
  if (fromStdin !== undefined && !isCheck) return out.write(fromStdin.text);
  const changed = formatted.filter(({ isChanged }) => isChanged);
  for (const { file } of changed) out.line(file.name);
  const { color, symbols } = err;
  const facts = [
    formatPlural(formatted.length, 'file'),
    changed.length === 0
      ? color.green(isCheck ? 'all formatted' : 'none changed')
      : color.yellow(`${changed.length} ${isCheck ? 'not formatted' : 'formatted'}`),
  ];
  err.line(facts.join(color.dim(` ${symbols.dot} `)));
}
