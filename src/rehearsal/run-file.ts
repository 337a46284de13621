import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Action } from '../actions/action.ts';
import { fileError } from '../actions/files/file-error.ts';
import { loadWorkflow, type LoadOptions } from '../node/load-workflow.ts';
import type { Workflow } from '../node/workflow.ts';
import { decodeText } from '../actions/files/text-encoding.ts';
import { hasErrors, sortDiagnostics, WorkflowError, type Diagnostic, type YamlDocument } from '../workflow/index.ts';
import type { Mock, Rehearsal } from './definition.ts';
import { checkNames } from './names.ts';
import { outlineOf } from './outline.ts';
import { invalid, readRehearsals } from './read.ts';
import { placeOf, rehearse, unusedMock, type Stage } from './rehearse.ts';
import type { Problem, RehearsalReport } from './report.ts';

/** What running a file of rehearsals takes. */
export interface RunFileOptions {
  /** Actions beside the built-in ones. */
  readonly actions?: readonly Action[];
  /** What `config` gives in templates, where a rehearsal does not say otherwise. Default `{}`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Only rehearsals whose name contains this text, in any case. */
  readonly filter?: string;
  /** Loads a workflow file; throws as {@link loadWorkflow} does, which is the default. */
  readonly load?: (file: string, options: LoadOptions) => Promise<Workflow>;
  /** How the file is called in reports. Default: its path. */
  readonly displayName?: string;
}

/** How the rehearsals of a file went. */
export interface RehearsalFileReport {
  readonly file: string;
  readonly reports: readonly RehearsalReport[];
  /** What is wrong with the file as a whole: mocks that no rehearsal needs. */
  readonly problems: readonly Problem[];
  /** What is wrong with the file, or with a workflow that it names; errors mean that not all of it was run. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of the file, to show places in it. */
  readonly text: string;
}

/**
 * Runs the rehearsals of one file, one after the other.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE
 */
export async function runRehearsalFile(file: string, options: RunFileOptions = {}): Promise<RehearsalFileReport> {
  const { displayName = file } = options;
  const text = await readText(file);
  const { rehearsals, document, diagnostics } = readRehearsals(text, { file: displayName });
  const found: Diagnostic[] = [...diagnostics];
  const reports: RehearsalReport[] = [];
  const used = new Set<Mock['path']>();
  const stages = new Map<string, Promise<Stage | readonly Diagnostic[]>>();
  const chosen = rehearsals.filter((rehearsal) => isChosen(rehearsal, options.filter));
  for (const rehearsal of chosen) {
    const workflowFile = path.resolve(path.dirname(file), rehearsal.workflow);
    const loading = stages.get(workflowFile) ?? prepare(workflowFile, rehearsal, document, options);
    stages.set(workflowFile, loading);
    const stage = await loading;
    const wrong = 'outline' in stage ? checkNames(rehearsal, stage.outline, document) : stage;
    found.push(...wrong);
    if (!('outline' in stage) || hasErrors(wrong)) continue;
    const rehearsed = await rehearse(rehearsal, stage);
    reports.push(rehearsed.report);
    for (const mock of rehearsed.used) used.add(mock.path);
  }
  const isWhole = chosen.length === rehearsals.length && reports.length === chosen.length;
  const problems = isWhole ? unusedShared(rehearsals, used, document) : [];
  return { file: displayName, reports, problems, diagnostics: sortDiagnostics(found), text };
}

async function readText(file: string): Promise<string> {
  try {
    return decodeText(await readFile(file), file);
  } catch (cause) {
    throw await fileError(file, cause);
  }
}

function isChosen(rehearsal: Rehearsal, filter: string | undefined): boolean {
  return filter === undefined || rehearsal.name.toLowerCase().includes(filter.toLowerCase());
}

/** Loads a workflow; where it cannot be used, what is wrong with it. */
async function prepare(
  workflowFile: string,
  rehearsal: Rehearsal,
  document: YamlDocument,
  { actions = [], config = {}, load = loadWorkflow }: RunFileOptions,
): Promise<Stage | readonly Diagnostic[]> {
  try {
    const workflow = await load(workflowFile, { actions, allowUnknownActions: true });
    return { workflow, outline: outlineOf(workflow.plan), document, config };
  } catch (error) {
    if (error instanceof WorkflowError) return error.diagnostics;
    const message = error instanceof Error ? error.message : String(error);
    return [invalid(document, rehearsal.workflowPath, message)];
  }
}

/** Mocks of the file that served none of its rehearsals. */
function unusedShared(
  rehearsals: readonly Rehearsal[],
  used: ReadonlySet<Mock['path']>,
  document: YamlDocument,
): readonly Problem[] {
  const [first] = rehearsals;
  if (first === undefined || first.path.length === 0) return [];
  return first.mocks
    .filter((mock) => mock.path.length === 2 && !used.has(mock.path) && !mock.isOptional)
    .map((mock) => unusedMock(mock, placeOf(document, mock.path), 'no rehearsal of the file needs it'));
}
