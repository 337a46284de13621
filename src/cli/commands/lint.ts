import path from 'node:path';
import { Option } from 'commander';
import type { Action } from '../../actions/action.ts';
import { BUILTIN_ACTIONS } from '../../actions/builtins.ts';
import type { ErrorCode } from '../../errors/index.ts';
import { nearest } from '../../errors/nearest.ts';
import { lintWorkflow, RULE_NAMES } from '../../lint/index.ts';
import { checkWorkflowText } from '../../node/load-workflow.ts';
import type { Workflow } from '../../node/workflow.ts';
import { parseYaml, TextLines, type Diagnostic } from '../../workflow/index.ts';
import { hasError, reportChecked, type Checked } from '../checked-files.ts';
import { examples, type DefineCommand } from '../command.ts';
import { loadEnvironment, withActionOptions, type ActionOptions, type Environment } from '../environment.ts';
import { UsageError } from '../error-report.ts';
import { EXIT } from '../exit-code.ts';
import { findYamlFiles, kindOf, readYamlFile, type YamlFile } from '../yaml-files.ts';

interface LintCommandOptions extends ActionOptions {
  readonly strict?: true;
  readonly format: 'pretty' | 'json' | 'github';
  readonly json?: true;
}

/** A file and whether it is a workflow at all. */
interface Linted extends Checked {
  readonly isValid: boolean;
}

/** `heddle lint`: what is valid and worth a second look. */
export const define: DefineCommand = (command, { terminal, exit }) => {
  withActionOptions(
    command.argument(
      '[FILES...]',
      'files, directories, patterns (quoted), or - for standard input; default: this directory',
    ),
  )
    .option('--strict', 'exit code 1 for warnings too')
    .addOption(
      new Option('-f, --format <FORMAT>', 'how to report').choices(['pretty', 'json', 'github']).default('pretty'),
    )
    .option('--json', 'the same as --format json')
    .addHelpText(
      'after',
      examples(
        ['heddle lint', 'all workflows below this directory'],
        ['heddle lint --strict workflows', 'in continuous integration'],
        ['heddle lint deploy.yaml --format github', 'annotations in a pull request'],
      ) +
        `\n\nRules: ${RULE_NAMES.join(', ')}.` +
        '\nSilence one for a line with a comment above it: # heddle-lint-disable-next-line RULE -- why' +
        '\nor for a project in heddle.config: lint: { RULE: off } (off, warning, error).' +
        '\n\nExit code 1 if there is an error among what was found, 2 if a file is not a valid workflow.',
    )
    .action(async (args: string[], options: LintCommandOptions) => {
      const startedAtMs = performance.now();
      const linted: Linted[] = [];
      const environments = new Map<string, Environment>();
      for (const file of await findYamlFiles(args, terminal)) {
        const text = await readYamlFile(file, terminal);
        if (!file.isNamed && kindOf(text) !== 'workflow') continue;
        const directory = path.dirname(file.path ?? path.join(terminal.cwd, '-'));
        const environment =
          environments.get(directory) ?? (await loadEnvironment(options, terminal, path.join(directory, '-')));
        environments.set(directory, environment);
        linted.push(await lint(file, text, environment));
      }
      const format = options.json === true ? 'json' : options.format;
      reportChecked(linted, format, performance.now() - startedAtMs, terminal);
      const counts = linted.some((each) => hasError(each) || (options.strict === true && each.diagnostics.length > 0));
      if (linted.some(({ isValid }) => !isValid)) exit(EXIT.usage);
      else if (counts) exit(EXIT.failed);
    });
};

async function lint(file: YamlFile, text: string, environment: Environment): Promise<Linted> {
  const { name } = file;
  checkLevels(environment);
  const { workflow, diagnostics } = checkWorkflowText(text, { file: name, actions: [], allowUnknownActions: true });
  if (workflow === null) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    return { file: name, text, diagnostics: errors, isValid: false };
  }
  const known = wantsActions(workflow) ? await environment.allActions() : environment.givenActions;
  const waiting = new Set(known.filter((action: Action) => action.io === true).map((action) => action.name));
  const found = lintWorkflow(workflow, parseYaml(text, { file: name }), {
    levels: environment.lint,
    isIo: (action) => waiting.has(action),
  });
  return { file: name, text: withoutSecrets(text, found), diagnostics: found, isValid: true };
}

function checkLevels({ lint: levels }: Environment): void {
  for (const name of Object.keys(levels)) {
    if (RULE_NAMES.includes(name)) continue;
    const near = nearest(name, RULE_NAMES);
    const advice = near === undefined ? `there is ${RULE_NAMES.join(', ')}` : `did you mean '${near}'?`;
    throw new UsageError(`the configuration names a lint rule '${name}' that does not exist; ${advice}`);
  }
}

const BUILT_IN: ReadonlySet<string> = new Set(BUILTIN_ACTIONS.map(({ name }) => name));

/** Whether it matters what a project's own actions say of themselves: loading them takes longer than all the rest. */
function wantsActions({ definition }: Workflow): boolean {
  return definition.tasks.some(
    ({ withItems, action }) =>
      withItems !== undefined && withItems.concurrency === undefined && !BUILT_IN.has(action.value),
  );
}

const PLAIN_SECRET: ErrorCode = 'HEDDLE_LINT_PLAIN_SECRET';

/** The text with every secret that was found blotted out: a report goes to logs, which more people read than the file. */
function withoutSecrets(text: string, found: readonly Diagnostic[]): string {
  const lines = new TextLines(text);
  let shown = text;
  for (const { code, line, column, endLine, endColumn } of found) {
    if (code !== PLAIN_SECRET) continue;
    const start = lines.startOf(line) + column - 1;
    const end = lines.startOf(endLine) + endColumn - 1;
    // What is found in a block text is pointed at by its key.
    if (text[end] === ':') continue;
    shown = shown.slice(0, start) + shown.slice(start, end).replace(/[^\s'"]/g, '*') + shown.slice(end);
  }
  return shown;
}
