import { HeddleError } from '../../errors/index.ts';
import { serverError } from '../connection/server-error.ts';

/** What went wrong on a connection of the kind that journals use, as an error of the queue. `name`: of the server. */
export function queueError(error: unknown, name: string): unknown {
  if (!(error instanceof HeddleError) || !/^HEDDLE_JOURNAL_/.test(error.code)) return error;
  switch (error.code) {
    case 'HEDDLE_JOURNAL_CLOSED':
      return new HeddleError(
        'HEDDLE_QUEUE_CLOSED',
        'The queue is closed; keep it open until the work on it has ended.',
      );
    case 'HEDDLE_JOURNAL_DRIVER':
      return new HeddleError('HEDDLE_QUEUE_DRIVER', error.message, { cause: error.cause });
    case 'HEDDLE_JOURNAL_VERSION':
      return new HeddleError(
        'HEDDLE_QUEUE_VERSION',
        `The queue ${name} is used by a newer heddle, whose workers agree in another way. Use that version here too.`,
      );
    default:
      return serverError(error.cause, name);
  }
}
