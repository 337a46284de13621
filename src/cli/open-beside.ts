import { existsSync } from 'node:fs';
import path from 'node:path';
import type { OpenedFile } from '../import/index.ts';
import { readWorkflowText } from '../node/workflow-file.ts';

/**
 * A file that a workflow of another engine names, by its path from the directory of `file`; undefined where there is
 * none.
 *
 * @throws HEDDLE_FILE_UNREADABLE
 */
export function openBeside(file: string, other: string, cwd: string): OpenedFile | undefined {
  const name = path.join(path.dirname(file), other);
  const place = path.resolve(cwd, name);
  return existsSync(place) ? { text: readWorkflowText(place), file: name } : undefined;
}
