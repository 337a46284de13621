import type { RunEntry, RunRequest } from '../../executor/index.ts';
import type { Journal, RunRecord } from '../../journal/journal.ts';
import { HeddleError } from '../../errors/index.ts';
import { isActive } from '../../history/index.ts';
import { createOwner } from '../../node/lease-owner.ts';
import { examples, type DefineCommand } from '../command.ts';
import { findRun } from '../journal/find-run.ts';
import { withJournal, withJournalOption, type JournalOptions } from '../journal/place.ts';
import { present } from '../journal/readable.ts';
import { cancelByWorker } from '../queue/queued-run.ts';
import { delivered } from '../run/delivery.ts';
import { hasEnded } from '../runs/status.ts';

interface CancelOptions extends JournalOptions {
  readonly reason: string;
}

/** How long the lease is held while a run is marked as cancelled. */
const LEASE_MS = 5000;

/** `heddle cancel`: ends a run early, whatever process works on it. */
export const define: DefineCommand = (command, { terminal }) => {
  withJournalOption(command.argument('<RUN>', 'id of a run, its beginning, or last'))
    .option('--reason <TEXT>', 'why, for the record', 'heddle cancel')
    .addHelpText(
      'after',
      examples(
        ['heddle cancel 3f2a', 'the process that works on it aborts what is in flight'],
        ['heddle runs show 3f2a', 'how it ended'],
      ) + '\n\nWhere no process works on the run it is marked as cancelled; nothing of it runs for that.',
    )
    .action(async (text: string, { reason, ...options }: CancelOptions) => {
      const { err } = terminal;
      const { color, symbols } = err;
      await withJournal(options, terminal, async (journal, place) => {
        const { id } = await findRun(journal, text, place);
        const record = await journal.run(id);
        if (record === null || hasEnded(record.status)) {
          const message = `run ${id} has ${record?.status ?? 'been removed'}; there is nothing to cancel`;
          throw new HeddleError('HEDDLE_RUN_ENDED', message, { run: id });
        }
        if (isActive(record, present())) {
          const request: RunRequest = { type: 'cancel', reason };
          await journal.request(id, request);
          const delivery = await delivered(journal, id);
          if (delivery !== 'nobody') {
            const what = delivery === 'taken' ? 'cancels it' : 'was asked to cancel it';
            return err.line(`${color.yellow(symbols.cancelled)} the process that works on the run ${what}`);
          }
        }
        if (await cancelByWorker(record, place, reason, terminal)) {
          return err.line(`${color.yellow(symbols.cancelled)} a worker was asked to cancel it`);
        }
        await cancelHere(journal, record, reason);
        err.line(`${color.yellow(symbols.cancelled)} no process works on the run; it is cancelled`);
      });
    });
};

/** Ends a run that nobody works on: what was in flight has ended with its process. */
async function cancelHere(
  journal: Journal,
  { id, lease: before, createdAtMs }: RunRecord,
  reason: string,
): Promise<void> {
  const owner = createOwner();
  const lease = await journal.acquire(id, { owner, ttlMs: LEASE_MS }, before?.owner);
  if (lease === null)
    throw new HeddleError('HEDDLE_RUN_ACTIVE', `another process has just taken up run ${id}`, { run: id });
  const atMs = Date.now();
  const entries: RunEntry[] = [
    { type: 'cancelling', reason },
    { type: 'ended', status: 'cancelled', output: {}, errors: [], durationMs: atMs - createdAtMs, atMs },
  ];
  const answered = (await journal.requests(id)).map((request) => request.id);
  await journal.append(lease, { entries, answered, patch: { status: 'cancelled', endedAtMs: atMs }, release: true });
}
