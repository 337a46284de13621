import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import type { Action } from '../actions/action.ts';
import { BUILTIN_ACTIONS } from '../actions/builtins.ts';
import { normaliseInputKeys } from '../actions/input-keys.ts';
import { createRegistry, type ActionRegistry } from '../actions/registry.ts';
import { inputValidator, schemaProblems } from '../actions/validate.ts';
import type { HeddleError } from '../errors/index.ts';
import { installLanguage, planWorkflow, type ActionLookup, type FoundWorkflow, type Plan } from '../plan/index.ts';
import {
  readWorkflow,
  readWorkflowObject,
  sortDiagnostics,
  WorkflowError,
  type Diagnostic,
  type ReadResult,
} from '../workflow/index.ts';
import { threaded } from './threads/threaded.ts';
import { readWorkflowText } from './workflow-file.ts';
import { Workflow } from './workflow.ts';

installLanguage();

/** Options of loading. */
export interface LoadOptions {
  /**
   * Actions beside the built-in ones. Where it is absent, an action nobody knows is not an error until the workflow is
   * run by an executor that does not know it either.
   */
  readonly actions?: readonly Action[];
  /** Workflows that may be named as actions, beside those in the file's directory. */
  readonly workflows?: readonly Workflow[];
  /** Lets unknown actions through even where `actions` is given: for runs that intercept them. Default false. */
  readonly allowUnknownActions?: boolean;
}

/** What checking a workflow gives: `workflow` is null where there are errors. */
export interface CheckResult {
  readonly workflow: Workflow | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly text: string;
}

/**
 * Reads, checks and compiles a workflow file, and the sub-workflows it names.
 *
 * @throws WorkflowError with `.diagnostics`; HEDDLE_FILE_NOT_FOUND, HEDDLE_FILE_UNREADABLE
 */
export async function loadWorkflow(file: string, options: LoadOptions = {}): Promise<Workflow> {
  // The signature is asynchronous so that reading can become so without changing those who call it.
  await Promise.resolve();
  return required(checkWorkflowText(readWorkflowText(file), { ...options, file }));
}

/**
 * Checks and compiles the text of a workflow. `file` names it in diagnostics and is where relative paths start.
 *
 * @throws WorkflowError with `.diagnostics`
 */
export function parseWorkflow(text: string, options: LoadOptions & { readonly file?: string } = {}): Workflow {
  return required(checkWorkflowText(text, options));
}

/**
 * Checks and compiles a workflow given as an object, in the shape of the YAML file.
 *
 * @example const hello = defineWorkflow({ name: 'hello', tasks: [{ name: 'greet', action: 'core.log', input: { message: 'hi' } }] });
 * @throws WorkflowError with `.diagnostics`
 */
export function defineWorkflow(definition: object, options: LoadOptions = {}): Workflow {
  return required(check(readWorkflowObject(definition), { object: definition }, options));
}

/** Everything that is wrong with the text of a workflow. Never throws on bad input. */
export function checkWorkflow(text: string, options: LoadOptions & { readonly file?: string } = {}): Diagnostic[] {
  return [...checkWorkflowText(text, { actions: [], ...options }).diagnostics];
}

/** The same for a file, with the workflow where it is valid. Unreadable files are diagnostics too. */
export async function checkWorkflowFile(file: string, options: LoadOptions = {}): Promise<CheckResult> {
  await Promise.resolve();
  let text: string;
  try {
    text = readWorkflowText(file);
  } catch (error) {
    const { code, message, location } = error as HeddleError;
    const { line, column } = location ?? { line: 0, column: 0 };
    const diagnostic = { code, severity: 'error', message, file, line, column, endLine: line, endColumn: column };
    return { workflow: null, diagnostics: [diagnostic as Diagnostic], text: '' };
  }
  return checkWorkflowText(text, { ...options, file });
}

/** The same workflow with other actions known. @throws WorkflowError where it names one that is not among them. */
export function bindWorkflow(workflow: Workflow, actions: readonly Action[]): Workflow {
  const { text, file, object } = workflow;
  if (object !== undefined) return defineWorkflow(object, { actions });
  return required(checkWorkflowText(text, { actions, ...(file === undefined ? {} : { file }) }));
}

/** What a workflow was loaded from before, in place of files that may have changed since. */
export interface Restored {
  /** Texts by absolute path. */
  readonly sources: ReadonlyMap<string, string>;
  /** Where relative paths of one that came from no file start. */
  readonly directory: string;
}

/** The workflow that was made from `origin` before. @throws WorkflowError */
export function restoreWorkflow(origin: Origin, options: LoadOptions, restored: Restored): Workflow {
  const { text = '', file, object } = origin;
  const read =
    object === undefined ? readWorkflow(text, file === undefined ? {} : { file }) : readWorkflowObject(object);
  return required(check(read, origin, options, restored));
}

function required({ workflow, diagnostics }: CheckResult): Workflow {
  if (workflow === null) throw new WorkflowError(diagnostics);
  return workflow;
}

/** Everything that is wrong with the text of a workflow, and the workflow where it is valid. */
export function checkWorkflowText(text: string, options: LoadOptions & { readonly file?: string }): CheckResult {
  const { file } = options;
  return check(readWorkflow(text, file === undefined ? {} : { file }), { text, file }, options);
}

/** What a workflow was made from. */
export interface Origin {
  readonly text?: string;
  readonly file?: string | undefined;
  readonly object?: object;
}

function check(
  read: ReadResult,
  { text = '', file, object }: Origin,
  options: LoadOptions,
  restored: Restored | null = null,
): CheckResult {
  const session = new LoadSession(options, restored);
  const { plan, diagnostics } = session.plan(read, file);
  if (plan === null || read.definition === null || diagnostics.some((each) => each.severity === 'error')) {
    return { workflow: null, diagnostics, text };
  }
  const unknownActions = diagnostics.filter((each) => each.code === 'HEDDLE_UNKNOWN_ACTION');
  const warnings = diagnostics.filter((each) => each.code !== 'HEDDLE_UNKNOWN_ACTION');
  const { definition } = read;
  return {
    workflow: new Workflow({
      file,
      text,
      object,
      definition,
      warnings,
      plan,
      unknownActions,
      sources: session.sources,
      given: options.workflows ?? [],
    }),
    diagnostics,
    text,
  };
}

/** Loads a workflow and the sub-workflows it leads to, each file once. */
class LoadSession {
  readonly #options: LoadOptions;
  readonly #actions: ActionLookup;
  readonly #files = new Map<string, { readonly found: FoundWorkflow; readonly load: () => readonly Diagnostic[] }>();

  readonly #restored: Restored | null;
  /** Texts of the files that were opened. */
  readonly sources = new Map<string, string>();

  constructor(options: LoadOptions, restored: Restored | null) {
    this.#options = options;
    this.#restored = restored;
    this.#actions = lookup(createRegistry([...BUILTIN_ACTIONS, ...(options.actions ?? [])]));
  }

  /** Plans a workflow; the diagnostics are those of its sub-workflows too. */
  plan(read: ReadResult, file: string | undefined): { plan: Plan | null; diagnostics: readonly Diagnostic[] } {
    const root = this.#planOne(read, file);
    const diagnostics = [...root.diagnostics];
    const loaded = new Set<string>();
    for (let more = true; more;) {
      more = false;
      for (const [path, entry] of this.#files) {
        if (loaded.has(path)) continue;
        loaded.add(path);
        more = true;
        diagnostics.push(...entry.load());
      }
    }
    return { plan: root.plan, diagnostics };
  }

  #planOne(read: ReadResult, file: string | undefined): { plan: Plan | null; diagnostics: readonly Diagnostic[] } {
    if (read.definition === null) return { plan: null, diagnostics: read.diagnostics };
    const { actions, allowUnknownActions = actions === undefined } = this.#options;
    let names: readonly string[] | undefined;
    const result = planWorkflow(read.definition, read.document, {
      actions: this.#actions,
      workflows: { find: (name, directory) => this.#find(name, directory), names: () => (names ??= this.#names(file)) },
      schemas: { problems: schemaProblems },
      directory: file === undefined ? (this.#restored?.directory ?? process.cwd()) : dirname(resolve(file)),
      allowUnknownActions,
    });
    const diagnostics = sortDiagnostics([...read.diagnostics, ...result.diagnostics]);
    const isValid = !diagnostics.some((diagnostic) => diagnostic.severity === 'error');
    return { plan: isValid ? result.plan : null, diagnostics };
  }

  #find(name: string, directory: string): FoundWorkflow | undefined {
    const given = this.#options.workflows?.find((workflow) => workflow.name === name);
    if (given !== undefined) {
      return { name, parameters: given.definition.parameters, plan: () => given.plan };
    }
    const path = [name, `${name}.yaml`, `${name}.yml`]
      .filter((candidate) => /\.ya?ml$/.test(candidate))
      .map((candidate) => (isAbsolute(candidate) ? candidate : resolve(directory, candidate)))
      .find((candidate) => this.#restored?.sources.has(candidate) === true || existsSync(candidate));
    return path === undefined ? undefined : this.#open(path);
  }

  #open(path: string): FoundWorkflow {
    const known = this.#files.get(path);
    if (known !== undefined) return known.found;
    const text = this.#restored?.sources.get(path) ?? readWorkflowText(path);
    this.sources.set(path, text);
    const read = readWorkflow(text, { file: path });
    let planned: { plan: Plan | null; diagnostics: readonly Diagnostic[] } | null = null;
    const load = (): NonNullable<typeof planned> => (planned ??= this.#planOne(read, path));
    const found: FoundWorkflow = {
      name: read.definition?.name ?? basename(path),
      parameters: read.definition?.parameters ?? [],
      plan: () => {
        const { plan, diagnostics } = load();
        if (plan === null) throw new WorkflowError(diagnostics);
        return plan;
      },
    };
    this.#files.set(path, { found, load: () => load().diagnostics });
    return found;
  }

  #names(file: string | undefined): string[] {
    const given = (this.#options.workflows ?? []).map((workflow) => workflow.name);
    if (file === undefined) return given;
    try {
      const entries = readdirSync(dirname(resolve(file)));
      return [
        ...given,
        ...entries
          .filter((entry) => /\.ya?ml$/.test(entry))
          .flatMap((entry) => [entry, basename(entry).replace(/\.ya?ml$/, '')]),
      ];
    } catch {
      // Names are only for suggestions; a directory that cannot be listed has none.
      return given;
    }
  }
}

function lookup(registry: ActionRegistry): ActionLookup {
  return {
    get: (name) => {
      const action = registry.get(name);
      return action === undefined ? undefined : threaded(action);
    },
    names: () => registry.names(),
    validator: (action) => {
      if (action.input === undefined) return null;
      const validate = inputValidator(action.input);
      return (input) => validate(input as Record<string, unknown>);
    },
    spellInput: (action, input) => normaliseInputKeys(action.input, input),
  };
}
