import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { HeddleError } from '../errors/index.ts';
import { restoreWorkflow, type LoadOptions } from './load-workflow.ts';
import type { Workflow } from './workflow.ts';

/** A workflow as the journal keeps it: what it was made from, and the files of the sub-workflows it named. */
export interface StoredDefinition {
  readonly version: 1;
  /** Absolute; null where it came from no file. */
  readonly file: string | null;
  readonly directory: string;
  /** Null where it was defined as an object. */
  readonly text: string | null;
  readonly object: object | null;
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Workflows that it could name because they were handed in. */
  readonly workflows: readonly StoredDefinition[];
}

const stored = new WeakMap<Workflow, { readonly hash: string; readonly data: StoredDefinition }>();

/** What a workflow is stored as, and a hash of that. */
export function storedDefinition(workflow: Workflow): { readonly hash: string; readonly data: StoredDefinition } {
  let known = stored.get(workflow);
  if (known === undefined) {
    const data = dataOf(workflow);
    known = { data, hash: createHash('sha256').update(JSON.stringify(data)).digest('hex') };
    stored.set(workflow, known);
  }
  return known;
}

function dataOf(workflow: Workflow): StoredDefinition {
  const { file, text, object, sources, given, plan } = workflow;
  return {
    version: 1,
    file: file === undefined ? null : resolve(file),
    directory: plan.directory,
    text: object === undefined ? text : null,
    object: object ?? null,
    files: [...sources].map(([path, content]) => ({ path, text: content })),
    workflows: given.map(dataOf),
  };
}

/**
 * The workflow that was stored. Actions come from `options`.
 *
 * @throws HEDDLE_STATE_VERSION; WorkflowError where it cannot be loaded any more, such as for want of an action
 */
export function loadStoredDefinition(data: unknown, options: LoadOptions): Workflow {
  const definition = data as StoredDefinition | undefined;
  if (definition?.version !== 1) {
    const found = JSON.stringify(definition?.version);
    throw new HeddleError('HEDDLE_STATE_VERSION', `expected a definition of version 1, found ${found}`);
  }
  const { file, directory, text, object, files, workflows } = definition;
  const sources = new Map(files.map((each) => [each.path, each.text]));
  const given = workflows.map((each) => loadStoredDefinition(each, options));
  const origin = { ...(object === null ? { text: text ?? '' } : { object }), ...(file === null ? {} : { file }) };
  return restoreWorkflow(origin, { ...options, workflows: given }, { sources, directory });
}
