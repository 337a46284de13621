import type { Diagnostic } from '../workflow/index.ts';

/** What importing a workflow gives. */
export interface ImportResult {
  /** The workflow in heddle's language; empty where the file could not be read at all. */
  readonly text: string;
  /** What is wrong with the file, and what could not, or not quite, be translated; places are those of the file. */
  readonly diagnostics: readonly Diagnostic[];
  /** For every line of `text` the line of the file it comes from; undefined where it comes from none. */
  readonly sources: readonly (number | undefined)[];
}
