import { basename } from 'node:path';
import type { Diagnostic } from '../../workflow/index.ts';
import { placeComments } from '../comments.ts';
import { linesOf, mapping } from '../output-node.ts';
import type { ImportOptions } from '../importer.ts';
import type { ImportResult } from '../result.ts';
import { ImportSource } from '../source.ts';
import { writeYaml } from '../yaml-writer.ts';
import { findMetadata, openWorkflow, readMetadata, type Metadata } from './metadata.ts';
import { translateWorkflow } from './workflow.ts';

/**
 * Translates an Orquesta workflow (version 1.0) to one of heddle. Never throws on bad input: what is wrong stands in
 * the diagnostics (HEDDLE_IMPORT_INVALID), as does what could not (HEDDLE_IMPORT_LOST) or not quite
 * (HEDDLE_IMPORT_CHANGED) be translated; what is lost stays in the text as it was.
 *
 * The text may also be that of an action whose `entry_point` is a workflow. Parameters are declared as that file does;
 * for a workflow it is looked for where packs of StackStorm keep it.
 */
export function importOrquesta(text: string, options: ImportOptions = {}): ImportResult {
  const source = new ImportSource(text, options.file);
  const metadata = readMetadata(source);
  if (metadata === undefined) return translate(source, options, findMetadata(options));
  const opened = openWorkflow(metadata, options);
  if (opened !== undefined) return translate(new ImportSource(opened.text, opened.file), options, metadata);
  source.invalid(metadata.entryPoint.path, 'The workflow that this action runs is not there.');
  return { text: '', diagnostics: source.diagnostics, sources: [] };
}

function translate(source: ImportSource, { file }: ImportOptions, metadata: Metadata | undefined): ImportResult {
  const root = source.root();
  const diagnostics = (): Diagnostic[] => [...source.diagnostics, ...(metadata?.source.diagnostics ?? [])];
  if (root === undefined) return { text: '', diagnostics: diagnostics(), sources: [] };
  const name = metadata?.name ?? (file === undefined ? undefined : basename(file).replace(/\.ya?ml$/i, ''));
  const entries = translateWorkflow(source, root, name, metadata);
  const comments = placeComments(source.document.text, source.tree, linesOf(mapping(entries)));
  const written = writeYaml(entries, comments);
  return { text: written.text, diagnostics: diagnostics(), sources: written.sources };
}
