import type { Command } from 'commander';
import { nearest } from '../../errors/nearest.ts';
import { compareRuns, readHistory, readIterations, readRecord } from '../../history/index.ts';
import { toJson } from '../../expression/text.ts';
import { HeddleError } from '../../errors/index.ts';
import type { Journal, RecordedStatus } from '../../journal/journal.ts';
import { collect, examples, type CommandContext, type DefineCommand } from '../command.ts';
import { UsageError } from '../error-report.ts';
import { findRun } from '../journal/find-run.ts';
import { journalExists, journalPlace, withJournal, withJournalOption, type JournalOptions } from '../journal/place.ts';
import { present, readable } from '../journal/readable.ts';
import { parseSince } from '../journal/time.ts';
import { positiveInteger } from '../run/options.ts';
import { formatComparison } from '../runs/diff.ts';
import { EntryLines } from '../runs/events.ts';
import { formatItems, PAGE_ITEMS } from '../runs/items.ts';
import { formatRuns, listedRuns, type ListedRun } from '../runs/list.ts';
import { formatRun } from '../runs/show.ts';
import { SHOWN_STATUSES, type ShownStatus } from '../runs/status.ts';
import type { Terminal } from '../terminal.ts';

interface ListOptions extends JournalOptions {
  readonly workflow?: string;
  readonly status?: readonly string[];
  readonly since?: string;
  readonly limit: number;
  readonly all?: true;
  readonly json?: true;
}

interface ShowOptions extends JournalOptions {
  readonly task?: string;
  readonly items?: true;
  readonly page?: number;
  readonly json?: true;
}

type JsonOptions = JournalOptions & { readonly json?: true };

/** Runs that a list holds where nobody says. */
const LIMIT = 20;

/** `heddle runs`: what was recorded. */
export const define: DefineCommand = (command, context) => {
  defineList(command, context);
  defineShow(sub(command, 'show', 'tasks, times, failures and output of a run'), context);
  defineEvents(sub(command, 'events', 'everything that was recorded of a run, in order'), context);
  defineDiff(sub(command, 'diff', 'how two runs differ'), context);
};

/** A command below `heddle runs`, with what all of them have. */
function sub(command: Command, name: string, summary: string): Command {
  const description = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const made = command.command(name).summary(summary).description(description).option('--debug', 'show stack traces');
  return withJournalOption(made).option('--json', 'print JSON');
}

function defineList(command: Command, { terminal }: CommandContext): void {
  withJournalOption(command.argument('[WORD]', '', undefined).usage('[options] | show | events | diff'))
    .option('--workflow <NAME>', 'only runs of this workflow')
    .option(
      '--status <STATUS>',
      `only runs of this status (${SHOWN_STATUSES.join(', ')}); may be given several times`,
      collect,
    )
    .option('--since <TIME>', 'only runs that began since: 2h, 7d, or a date')
    .option('--limit <N>', 'how many at most', positiveInteger, LIMIT)
    .option('--all', 'runs of sub-workflows too')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples(
        ['heddle runs', 'the latest runs'],
        ['heddle runs --status failed --since 1d', 'what failed since yesterday'],
        ['heddle runs show last', 'the newest run; RUN is an id, its beginning, or last'],
        ['heddle runs show 3f2a --task check --items --page 2', 'its items, page by page'],
        ['heddle runs events 3f2a --json', 'what was recorded, as lines of JSON'],
        ['heddle runs diff 3f2a last', 'statuses, results, output, times'],
      ),
    )
    .action(async (word: string | undefined, options: ListOptions) => {
      if (word !== undefined) throw notACommand(word);
      await list(options, terminal);
    });
}

function notACommand(word: string): UsageError {
  const near = nearest(word, ['show', 'events', 'diff']);
  return new UsageError(
    near === undefined
      ? `'heddle runs' takes no '${word}'. Did you mean heddle runs show ${word}?`
      : `'heddle runs' has no '${word}'. Did you mean heddle runs ${near}?`,
  );
}

async function list(options: ListOptions, terminal: Terminal): Promise<void> {
  const nowMs = Date.now();
  const { out, err } = terminal;
  const wanted = statusesOf(options.status ?? []);
  const sinceMs = options.since === undefined ? null : parseSince(options.since, '--since', nowMs);
  const place = journalPlace(options, terminal);
  const found = journalExists(place)
    ? await withJournal(options, terminal, (journal) => select(journal, { ...options, wanted, sinceMs }))
    : { runs: [], hasMore: false };
  if (options.json === true)
    return out.line(
      toJson(
        found.runs.map(({ shownStatus, ...run }) => ({ ...run, shownStatus })),
        2,
      ),
    );
  if (found.runs.length === 0) {
    const isFiltered = wanted !== null || sinceMs !== null || options.workflow !== undefined;
    return err.line(
      isFiltered ? `No run in ${place.name} is of that kind.` : `No run was recorded in ${place.name} yet.`,
    );
  }
  for (const line of formatRuns(found.runs, out, nowMs)) out.line(line);
  if (found.hasMore) err.line(err.color.dim(`${err.symbols.ellipsis} and more: --limit ${options.limit * 5}`));
}

interface Selected {
  readonly runs: readonly ListedRun[];
  readonly hasMore: boolean;
}

/** `interrupted` is no status of the journal: it is found among those that should be running. */
async function select(
  journal: Journal,
  query: ListOptions & { wanted: readonly ShownStatus[] | null; sinceMs: number | null },
): Promise<Selected> {
  const { wanted, sinceMs, workflow, limit, all } = query;
  const recorded = wanted === null ? null : recordedStatuses(wanted);
  const runs: ListedRun[] = [];
  let cursor: string | null = null;
  do {
    const page = await journal.runs({
      limit,
      ...(workflow === undefined ? {} : { workflow }),
      ...(recorded === null ? {} : { status: recorded }),
      ...(sinceMs === null ? {} : { sinceMs }),
      ...(all === true ? {} : { parent: null }),
      ...(cursor === null ? {} : { cursor }),
    });
    const listed = await listedRuns(journal, page.runs, present());
    runs.push(...listed.filter(({ shownStatus }) => wanted === null || wanted.includes(shownStatus)));
    cursor = page.cursor;
  } while (cursor !== null && runs.length < limit);
  return { runs: runs.slice(0, limit), hasMore: cursor !== null || runs.length > limit };
}

function recordedStatuses(wanted: readonly ShownStatus[]): readonly RecordedStatus[] {
  return [
    ...new Set(wanted.flatMap((each): RecordedStatus[] => (each === 'interrupted' ? ['pending', 'running'] : [each]))),
  ];
}

function statusesOf(given: readonly string[]): readonly ShownStatus[] | null {
  const words = given.flatMap((each) => each.split(',')).map((word) => word.trim());
  for (const word of words) {
    if (SHOWN_STATUSES.some((status) => status === word)) continue;
    const near = nearest(word, SHOWN_STATUSES);
    const advice = near === undefined ? `There is ${SHOWN_STATUSES.join(', ')}.` : `Did you mean '${near}'?`;
    throw new UsageError(`There is no status '${word}'. ${advice}`);
  }
  return words.length === 0 ? null : SHOWN_STATUSES.filter((status) => words.includes(status));
}

function defineShow(command: Command, { terminal }: CommandContext): void {
  command
    .argument('<RUN>', 'id of a run, its beginning, or last')
    .option('--task <TASK>', 'this task only')
    .option('--items', 'its items, a page at a time')
    .option('--page <N>', 'which page of items', positiveInteger)
    .action(async (text: string, given: ShowOptions, self: Command) => {
      const options: ShowOptions = { ...self.optsWithGlobals(), ...given };
      const isItems = options.items === true || options.page !== undefined;
      if (isItems && options.task === undefined) throw new UsageError('--items needs --task: the items of which task?');
      await withJournal(options, terminal, async (journal, place) => {
        const { id } = await findRun(journal, text, place);
        await (isItems ? showItems(journal, id, options, terminal) : showRun(journal, id, options, terminal));
      });
    });
}

async function showRun(journal: Journal, id: string, options: ShowOptions, { out }: Terminal): Promise<void> {
  const run = await readHistory(readable(journal), id, present());
  if (run === null) throw new HeddleError('HEDDLE_RUN_UNKNOWN', `Run ${id} was removed meanwhile.`);
  const { task } = options;
  if (task !== undefined)
    requireTask(
      run.executions.map((each) => each.task),
      task,
    );
  const shown = task === undefined ? run : { ...run, executions: run.executions.filter((each) => each.task === task) };
  if (options.json === true) out.line(toJson(shown, 2));
  else for (const line of formatRun(shown, out, Date.now())) out.line(line);
}

async function showItems(journal: Journal, id: string, options: ShowOptions, { out }: Terminal): Promise<void> {
  const { task = '', page = 1 } = options;
  const window = { from: (page - 1) * PAGE_ITEMS, end: page * PAGE_ITEMS };
  const found = await readIterations(readable(journal), id, { task, window });
  if (found === null) {
    const run = await readHistory(readable(journal), id, present());
    requireTask(run?.executions.map((each) => each.task) ?? [], task);
    throw new UsageError(`task '${task}' has no items; leave --items out`);
  }
  if (options.json === true) out.line(toJson({ ...found.execution, page, iterations: found.list }, 2));
  else for (const line of formatItems(found, page, out)) out.line(line);
}

function requireTask(ran: readonly string[], task: string): void {
  if (ran.includes(task)) return;
  const names = [...new Set(ran)];
  const near = nearest(task, names);
  const advice = near === undefined ? `Tasks that did: ${names.join(', ') || 'none'}.` : `Did you mean '${near}'?`;
  throw new UsageError(`task '${task}' did not run. ${advice}`);
}

function defineEvents(command: Command, { terminal }: CommandContext): void {
  command
    .argument('<RUN>', 'id of a run, its beginning, or last')
    .action(async (text: string, given: JsonOptions, self: Command) => {
      const options: JsonOptions = { ...self.optsWithGlobals(), ...given };
      const { out } = terminal;
      await withJournal(options, terminal, async (journal, place) => {
        const { id } = await findRun(journal, text, place);
        const lines = new EntryLines(out);
        for await (const page of readRecord(journal, id)) {
          for (const { seq, entry } of page) {
            out.line(options.json === true ? toJson({ seq, ...entry }) : lines.line(seq, entry));
          }
        }
      });
    });
}

function defineDiff(command: Command, { terminal }: CommandContext): void {
  command
    .argument('<A>', 'id of a run, its beginning, or last')
    .argument('<B>', 'the run it is compared with')
    .action(async (left: string, right: string, given: JsonOptions, self: Command) => {
      const options: JsonOptions = { ...self.optsWithGlobals(), ...given };
      const { out } = terminal;
      await withJournal(options, terminal, async (journal, place) => {
        const a = await findRun(journal, left, place);
        const b = await findRun(journal, right, place);
        const comparison = await compareRuns(readable(journal), [a.id, b.id], present());
        if (comparison === null) throw new HeddleError('HEDDLE_RUN_UNKNOWN', 'One of the runs was removed meanwhile.');
        if (options.json === true) out.line(toJson(comparison, 2));
        else for (const line of formatComparison(comparison, out)) out.line(line);
      });
    });
}
