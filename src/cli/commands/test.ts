import path from 'node:path';
import type { RehearsalFileReport, ReportStyle } from '../../rehearsal/index.ts';
import { printDiagnostics } from '../diagnostic-report.ts';
import { loadEnvironment, withActionOptions, type ActionOptions } from '../environment.ts';
import { examples, type DefineCommand } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { Output } from '../terminal.ts';

interface TestOptions extends ActionOptions {
  readonly filter?: string;
  readonly json?: true;
}

/** `heddle test`: runs rehearsals. */
export const define: DefineCommand = (command, context) => {
  const { terminal } = context;
  withActionOptions(command.argument('[FILE...]', 'rehearsal files, directories, patterns (quoted); default: all here'))
    .option('--filter <TEXT>', 'only rehearsals whose name contains this text')
    .option('--json', 'print what came out as JSON')
    .addHelpText(
      'after',
      examples(
        ['heddle test', 'all *.rehearsal.yaml files, and those in directories called rehearsals'],
        ['heddle test rehearsals/deploy.rehearsal.yaml', 'one file'],
        ["heddle test --filter 'rolls back'", 'by name'],
        ['heddle run deploy.yaml --record rehearsals/deploy.rehearsal.yaml', 'write one of a real run'],
      ) + '\n\nExit code 1 if a rehearsal does not hold, 2 if a file is not valid.',
    )
    .action(async (targets: string[], options: TestOptions) => {
      const { findRehearsalFiles, runRehearsalFile } = await import('../../rehearsal/index.ts');
      const { loadAnyWorkflow } = await import('../foreign-workflow.ts');
      const { allActions, config } = await loadEnvironment(options, terminal);
      const actions = await allActions();
      const show = options.json === true ? undefined : await createPrinter(terminal.out);
      const files: RehearsalFileReport[] = [];
      for (const file of await findRehearsalFiles(targets, terminal.cwd)) {
        const displayName = path.relative(terminal.cwd, file);
        const { filter } = options;
        const report = await runRehearsalFile(file, {
          actions,
          config,
          displayName,
          load: loadAnyWorkflow,
          ...(filter === undefined ? {} : { filter }),
        });
        files.push(report);
        show?.file(report);
      }
      if (options.json === true) terminal.out.line(JSON.stringify(toJson(files), null, 2));
      else show?.summary(files);
      context.exit(exitCodeOf(files, options.filter, terminal.err));
    });
};

interface Printer {
  file(report: RehearsalFileReport): void;
  summary(reports: readonly RehearsalFileReport[]): void;
}

async function createPrinter(out: Output): Promise<Printer> {
  const { formatReport, formatFileProblems, formatSummary } = await import('../../rehearsal/index.ts');
  const { color, symbols } = out;
  const { green, red, dim, bold } = color;
  const style: ReportStyle = { passed: symbols.succeeded, failed: symbols.failed, green, red, dim, bold };
  return {
    file(report) {
      const { reports, problems, diagnostics, text, file } = report;
      if (reports.length + problems.length + diagnostics.length === 0) return;
      out.line(bold(file));
      for (const each of reports) out.line(indent(formatReport(each, style)));
      if (problems.length > 0) out.line(indent(formatFileProblems(problems, style)));
      if (diagnostics.length > 0) out.line(`\n${printDiagnostics(diagnostics, out, new Map([[file, text]]))}`);
      out.line();
    },
    summary(reports) {
      out.line(formatSummary(reports, style));
    },
  };
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function toJson(files: readonly RehearsalFileReport[]): unknown {
  const reports = files.flatMap((file) => file.reports);
  return {
    passed: reports.filter((report) => report.passed).length,
    failed: reports.filter((report) => !report.passed).length,
    files: files.map(({ file, reports: rehearsals, problems, diagnostics }) => ({
      file,
      rehearsals,
      problems,
      diagnostics,
    })),
  };
}

/** Nothing that ran is no success: a filter that is misspelled would always pass. */
function exitCodeOf(files: readonly RehearsalFileReport[], filter: string | undefined, err: Output): ExitCode {
  const isInvalid = files.some((file) => file.diagnostics.some((diagnostic) => diagnostic.severity === 'error'));
  if (isInvalid) return EXIT.usage;
  const reports = files.flatMap((file) => file.reports);
  if (reports.length === 0) {
    err.line(filter === undefined ? 'There was no rehearsal to run.' : `No rehearsal's name contains '${filter}'.`);
    return EXIT.usage;
  }
  const isUnmet = files.some((file) => file.problems.length > 0) || reports.some((report) => !report.passed);
  return isUnmet ? EXIT.failed : EXIT.succeeded;
}
