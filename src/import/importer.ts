import type { ImportResult } from './result.ts';

/** Options of an import. */
export interface ImportOptions {
  /** The file's path: names it in diagnostics, and gives the workflow its name. */
  readonly file?: string;
  /** Reads a file that the workflow names, by its path from the directory of the file. Default: there is none. */
  readonly open?: (path: string) => OpenedFile | undefined;
}

/** A file beside the one that is imported. */
export interface OpenedFile {
  readonly text: string;
  /** Its path, as it is shown. */
  readonly file: string;
}

/** Translates a workflow of another engine. Never throws on bad input. */
export type Importer = (text: string, options?: ImportOptions) => ImportResult;
