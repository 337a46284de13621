import { basename } from 'node:path';
import { placeComments } from '../comments.ts';
import { linesOf, mapping } from '../output-node.ts';
import type { ImportOptions } from '../importer.ts';
import type { ImportResult } from '../result.ts';
import { ImportSource } from '../source.ts';
import { writeYaml } from '../yaml-writer.ts';
import { translateWorkflow } from './workflow.ts';

/**
 * Translates an Orquesta workflow (version 1.0) to one of heddle. Never throws on bad input: what is wrong stands in
 * the diagnostics (HEDDLE_IMPORT_INVALID), as does what could not (HEDDLE_IMPORT_LOST) or not quite
 * (HEDDLE_IMPORT_CHANGED) be translated; what is lost stays in the text as it was.
 */
export function importOrquesta(text: string, options: ImportOptions = {}): ImportResult {
  const source = new ImportSource(text, options.file);
  const root = source.root();
  if (root === undefined) return { text: '', diagnostics: source.diagnostics, sources: [] };
  const name = options.file === undefined ? undefined : basename(options.file).replace(/\.ya?ml$/i, '');
  const entries = translateWorkflow(source, root, name);
  const comments = placeComments(text, source.tree, linesOf(mapping(entries)));
  const written = writeYaml(entries, comments);
  return { text: written.text, diagnostics: source.diagnostics, sources: written.sources };
}
