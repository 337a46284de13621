import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

interface Package {
  readonly root: string;
  readonly version: string;
}

/** The package this file belongs to: the source and the bundle lie at different depths of it. */
function findPackage(): Package {
  let directory = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    try {
      const found = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as Record<string, unknown>;
      if (found.name === 'heddle' && typeof found.version === 'string')
        return { root: directory, version: found.version };
    } catch {
      // None here: one further up.
    }
    const parent = path.dirname(directory);
    if (parent === directory) throw new Error("heddle's own package.json is missing.");
    directory = parent;
  }
}

/** heddle's version. */
export function packageVersion(): string {
  return findPackage().version;
}

/** The text of a JSON Schema in `schemas/`, e.g. `workflow.schema.json`. */
export function readSchema(name: string): string {
  return readFileSync(path.join(findPackage().root, 'schemas', name), 'utf8');
}
