import { statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { toJson } from '../../expression/text.ts';
import { examples, type DefineCommand } from '../command.ts';
import { UsageError } from '../error-report.ts';
import { EXIT } from '../exit-code.ts';
import { withJournal, withJournalOption, type JournalOptions } from '../journal/place.ts';
import { formatBytes, formatPlural } from '../text/quantities.ts';
import { nearest } from '../../errors/nearest.ts';

type Options = JournalOptions & { readonly json?: true };

/** `heddle journal`: care for the file that runs are recorded in. */
export const define: DefineCommand = (command, { terminal, exit }) => {
  const { out } = terminal;
  const below = (name: string, summary: string): Command =>
    withJournalOption(
      command
        .command(name)
        .summary(summary)
        .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
        .option('--debug', 'show stack traces'),
    ).option('--json', 'print JSON');
  command
    .usage('backup FILE | compact | check')
    .argument('[WORD]')
    .addHelpText(
      'after',
      examples(
        ['heddle journal backup /backup/heddle.db', 'a complete copy, while runs go on'],
        ['heddle journal check', 'exit code 1 where something is damaged'],
        ['heddle journal compact', 'gives the space of pruned runs back'],
      ),
    )
    .action((word: string | undefined) => {
      const near = word === undefined ? undefined : nearest(word, ['backup', 'compact', 'check']);
      const advice = near === undefined ? 'There is backup FILE, compact, check.' : `Did you mean '${near}'?`;
      throw new UsageError(
        `${word === undefined ? "'heddle journal' needs to know what to do" : `'heddle journal' has no '${word}'`}. ${advice}`,
      );
    });

  below('backup', 'write a complete copy to a new file, while runs go on')
    .argument('<FILE>', 'file that does not exist yet')
    .action(async (file: string, options: Options) => {
      const target = path.resolve(terminal.cwd, file);
      await withJournal(options, terminal, (journal) => journal.backup(target));
      const bytes = statSync(target).size;
      out.line(options.json === true ? toJson({ file: target, bytes }, 2) : `${file} written, ${formatBytes(bytes)}`);
    });

  below('compact', 'give space of what was removed back to the file system').action(async (options: Options) => {
    const { before, after } = await withJournal(options, terminal, async (journal, place) => {
      const size = sizeOf(place.file);
      await journal.compact();
      return { before: size, after: sizeOf(place.file) };
    });
    if (options.json === true) out.line(toJson({ before, after }, 2));
    else if (before === null || after === null) out.line('compacted');
    else out.line(`${formatBytes(before)} before, ${formatBytes(after)} now`);
  });

  below('check', 'look for damage; exit code 1 where there is some').action(async (options: Options) => {
    const problems = await withJournal(options, terminal, (journal) => journal.check());
    if (options.json === true) out.line(toJson({ problems }, 2));
    else if (problems.length === 0) out.line(out.color.green('no damage was found'));
    else {
      for (const { run, message } of problems)
        out.line(`${out.color.red(out.symbols.failed)} ${run ?? 'the file'}: ${message}`);
      out.line(`${formatPlural(problems.length, 'problem')}. Put a backup in its place, or see docs/durability.md.`);
    }
    if (problems.length > 0) exit(EXIT.failed);
  });
};

/** The file and its WAL; null: it is not in a file. */
function sizeOf(file: string | null): number | null {
  if (file === null) return null;
  return [file, `${file}-wal`].reduce((sum, each) => sum + (statSync(each, { throwIfNoEntry: false })?.size ?? 0), 0);
}
