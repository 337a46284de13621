import { InvalidArgumentError } from 'commander';
import { toJson } from '../../expression/text.ts';
import { parseDuration } from '../../workflow/duration.ts';
import { examples, type DefineCommand } from '../command.ts';
import { withJournal, withJournalOption, type JournalOptions } from '../journal/place.ts';
import { prune, RETENTION, wouldPrune } from '../journal/retention.ts';
import { formatTime } from '../journal/time.ts';
import { formatPlural } from '../text/quantities.ts';

interface PruneOptions extends JournalOptions {
  readonly olderThan: number;
  readonly keep: number;
  readonly dryRun?: true;
  readonly json?: true;
}

/** `heddle prune`: removes old runs. */
export const define: DefineCommand = (command, { terminal }) => {
  withJournalOption(command)
    .option('--older-than <TIME>', 'runs that ended longer ago: 12h, 30d (default: 30d)', span, RETENTION.olderThanMs)
    .option('--keep <N>', 'so many of the newest stay, however old (default: 1000)', count, RETENTION.keep)
    .option('--dry-run', 'show what would be removed')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        ['heddle prune --dry-run', 'what is older than 30 days and not among the newest 1,000'],
        ['heddle prune --older-than 7d --keep 100', 'less of it'],
        ['heddle prune --older-than 0s --keep 0', 'every run that has ended'],
      ) +
        '\n\n`heddle run` prunes by itself once a day, with these defaults. Runs that have not ended always stay.' +
        '\nThe file shrinks with `heddle journal compact`.',
    )
    .action(async ({ olderThan, keep, dryRun, json, ...options }: PruneOptions) => {
      const { out } = terminal;
      const retention = { olderThanMs: olderThan, keep };
      await withJournal(options, terminal, async (journal) => {
        const nowMs = Date.now();
        if (dryRun === true) {
          const old = await wouldPrune(journal, retention, nowMs);
          if (json === true) return out.line(toJson({ removed: 0, wouldRemove: old.map(({ id }) => id) }, 2));
          for (const { id, workflow, endedAtMs } of old) {
            out.line(`${id}  ${workflow}  ended ${endedAtMs === null ? 'not' : formatTime(endedAtMs)}`);
          }
          return out.line(`${formatPlural(old.length, 'run')} would be removed.`);
        }
        const removed = await prune(journal, retention, nowMs);
        if (json === true) out.line(toJson({ removed: removed.length, ids: removed }, 2));
        else out.line(`${formatPlural(removed.length, 'run')} removed.`);
      });
    });
};

function span(text: string): number {
  const spanMs = parseDuration(text);
  if (spanMs === null) throw new InvalidArgumentError('It must be a time span such as 12h or 30d.');
  return spanMs;
}

function count(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
