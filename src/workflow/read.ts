import type { WorkflowDefinition } from './definition.ts';
import type { Diagnostic } from './diagnostic.ts';
import { parseYaml } from './yaml.ts';
import { YamlDocument } from './yaml-document.ts';

/** What reading a workflow gives. */
export interface ReadResult {
  /** As much of the workflow as could be read; null where there is not even a mapping with tasks. */
  readonly definition: WorkflowDefinition | null;
  readonly document: YamlDocument;
  /** In the order of the file. Errors mean: do not run it. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a workflow file's text: YAML, schema, normalisation. Never throws on bad input. */
export function readWorkflow(text: string, options: { file?: string } = {}): ReadResult {
  const document = parseYaml(text, options);
  return { definition: null, document, diagnostics: document.errors };
}

/** The same for an object instead of text: diagnostics have line 0 and name the path in their message. */
export function readWorkflowObject(value: unknown, options: { file?: string } = {}): ReadResult {
  const document = new YamlDocument({ text: '', file: options.file, value, errors: [] });
  return { definition: null, document, diagnostics: [] };
}
