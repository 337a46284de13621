import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { HeddleError } from '../errors/index.ts';
import { fileError, reasonOf } from '../actions/files/file-error.ts';
import { ownFile } from './own-file.ts';

/** The exports of a module that an author wrote. */
export type ModuleExports = Readonly<Record<string, unknown>>;

let loadOwnModule: () => Promise<object> = () => import(ownEntry()) as Promise<object>;

/** Tells what `import 'heddle'` means in such modules, for a bundle that is not the library. */
export function useOwnModule(load: () => Promise<object>): void {
  loadOwnModule = load;
}

/**
 * Loads a JavaScript or TypeScript module of an author. `heddle` means this installation, and so does `typebox` in a
 * directory that has none of its own, where it is installed beside heddle.
 *
 * @throws HEDDLE_FILE_NOT_FOUND; HEDDLE_FILE_INVALID where it cannot be parsed or fails while it is loaded.
 */
export async function loadModule(file: string): Promise<ModuleExports> {
  // jiti would look for the same name with other endings.
  if (!existsSync(file)) throw await fileError(file, Object.assign(new Error('missing'), { code: 'ENOENT' }));
  const { createJiti } = await import('jiti');
  const jiti = createJiti(import.meta.url, {
    // The instance that runs already: an ActionError of another copy would not be recognised.
    virtualModules: { heddle: await loadOwnModule() },
    alias: aliasesFor(file),
    interopDefault: false,
  });
  try {
    return await jiti.import<ModuleExports>(file);
  } catch (cause) {
    const reason = firstLines(reasonOf(cause));
    throw new HeddleError('HEDDLE_FILE_INVALID', `${file} cannot be loaded: ${reason}${remedy(reason)}`, { cause });
  }
}

/** heddle does not depend on TypeBox at run time, so that there may be none: then only a file that imports it fails. */
function aliasesFor(file: string): Record<string, string> {
  const own = typeboxFrom(import.meta.url);
  return own === undefined || typeboxFrom(file) !== undefined ? {} : { typebox: own };
}

function typeboxFrom(place: string): string | undefined {
  try {
    return createRequire(place).resolve('typebox');
  } catch {
    return undefined;
  }
}

/** What to do about a package that is not there; empty where something else is wrong. */
function remedy(reason: string): string {
  const name = /Cannot find (?:module|package) '((?:@[\w.-]+\/)?[\w-][\w.-]*)[\w./-]*'/.exec(reason)?.[1];
  return name === undefined ? '' : `. Install it where the file is: npm install ${name}`;
}

/** URL of the module that `import 'heddle'` means: the source while heddle is run from its source, else the build. */
function ownEntry(): string {
  const entry = ownFile('../index.ts', 'index.js');
  return entry === undefined ? import.meta.url : pathToFileURL(entry).href;
}

/** A message without the stack that some loaders append to it. */
function firstLines(message: string): string {
  const lines = message.split('\n').map((line) => line.trim());
  const end = lines.findIndex((line) => line.startsWith('at ') || line.startsWith('Require stack'));
  return (end === -1 ? lines : lines.slice(0, end)).filter((line) => line !== '').join(' ');
}
