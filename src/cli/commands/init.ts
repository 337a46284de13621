import { access, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { examples, type DefineCommand } from '../command.ts';
import { HeddleError } from '../../errors/index.ts';
import { projectFiles, type ProjectFile } from '../init/project.ts';

/** `heddle init`: writes a small project that runs; never over what is there, unless told to. */
export const define: DefineCommand = (command, { terminal }) => {
  command
    .argument('[DIR]', 'directory to write into; made where there is none', '.')
    .option('--force', 'overwrite files that exist')
    .addHelpText(
      'after',
      examples(
        ['heddle init', 'into the working directory'],
        ['heddle init my-workflows', 'into a new directory'],
        ['heddle init --force', 'write the example anew'],
      ),
    )
    .action(async (directory: string, options: { force?: true }) => {
      const root = path.resolve(terminal.cwd, directory);
      const { err } = terminal;
      const { color, symbols } = err;
      const written: string[] = [];
      const kept: string[] = [];
      for (const file of projectFiles()) {
        const isKept = options.force !== true && (await exists(path.join(root, file.path)));
        if (!isKept) await write(root, file);
        (isKept ? kept : written).push(file.path);
      }
      for (const name of written) err.line(`${color.green(symbols.succeeded)} ${name}`);
      for (const name of kept)
        err.line(`${color.dim(symbols.skipped)} ${name} ${color.dim('exists, left as it is (--force overwrites it)')}`);
      const steps = [
        ...(directory === '.' ? [] : [`cd ${/\s/.test(directory) ? `'${directory}'` : directory}`]),
        'heddle run workflows/hello.yaml',
        'heddle run workflows/hello.yaml -p names=Edsger,Barbara',
        'heddle test',
      ];
      err.line(`\nNext:\n${steps.map((step) => `  ${color.cyan(step)}`).join('\n')}`);
    });
};

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

async function write(root: string, file: ProjectFile): Promise<void> {
  const place = path.join(root, file.path);
  try {
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, file.text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HeddleError('HEDDLE_FILE_FAILED', `${file.path} could not be written: ${reason}`, { cause });
  }
}
