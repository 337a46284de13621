import { engineOf, ENGINES } from '../import/index.ts';
import { checkWorkflowText, loadWorkflow, type CheckResult, type LoadOptions } from '../node/load-workflow.ts';
import { readWorkflowText } from '../node/workflow-file.ts';
import type { Workflow } from '../node/workflow.ts';
import { sortDiagnostics, type Diagnostic } from '../workflow/diagnostic.ts';
import { openBeside } from './open-beside.ts';
import { TextLines } from '../workflow/text-lines.ts';
import { WorkflowError } from '../workflow/workflow-error.ts';

/** The check of a workflow that was translated from another engine's. */
export interface ForeignCheckResult extends CheckResult {
  /** For whoever runs it: that the file is one of another engine, and what to look at. */
  readonly notice: string;
}

/**
 * Checks the text of a file as a workflow of another engine; undefined where it is none. The diagnostics are those of
 * the import and of what came out, all with the lines of the file.
 */
export async function checkForeignWorkflow(
  text: string,
  options: LoadOptions & { readonly file: string },
): Promise<ForeignCheckResult | undefined> {
  const engine = ENGINES[engineOf(text) ?? ''];
  if (engine === undefined) return undefined;
  const importer = await engine.load();
  const open = (other: string) => openBeside(options.file, other, process.cwd());
  const imported = importer(text, { file: options.file, open });
  const isTranslated = !imported.diagnostics.some(({ severity }) => severity === 'error');
  const lost = new Set(imported.diagnostics.map(({ line }) => line));
  const checked = imported.text === '' ? undefined : checkWorkflowText(imported.text, options);
  const lines = new TextLines(text);
  const found = (checked?.diagnostics ?? [])
    .map((each) => atSource(each, imported.sources, lines))
    // What stays as it was is no expression of heddle either: the import has said so.
    .filter(({ line }) => !lost.has(line));
  const diagnostics = sortDiagnostics([...imported.diagnostics, ...found]);
  const changed = imported.diagnostics.length;
  const look = changed === 0 ? '' : `; ${String(changed)} of its lines may mean something else: see heddle validate`;
  const notice = `${options.file} is a workflow of ${engine.title} and was translated${look}`;
  const workflow = isTranslated ? (checked?.workflow ?? null) : null;
  return { workflow, diagnostics, text, notice };
}

/**
 * Loads a workflow file, of heddle or of another engine.
 *
 * @throws WorkflowError with `.diagnostics`; HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE
 */
export async function loadAnyWorkflow(file: string, options: LoadOptions): Promise<Workflow> {
  const foreign = await checkForeignWorkflow(readWorkflowText(file), { ...options, file });
  if (foreign === undefined) return loadWorkflow(file, options);
  if (foreign.workflow === null) throw new WorkflowError(foreign.diagnostics);
  return foreign.workflow;
}

/** A diagnostic of the translated text at the line of the file that it comes from. */
function atSource(diagnostic: Diagnostic, sources: readonly (number | undefined)[], lines: TextLines): Diagnostic {
  let at = diagnostic.line - 1;
  while (at > 0 && sources[at] === undefined) at--;
  const line = sources[at] ?? 1;
  const written = lines.textOf(line);
  const column = written.length - written.trimStart().length + 1;
  return { ...diagnostic, line, column, endLine: line, endColumn: Math.max(written.length + 1, column) };
}
