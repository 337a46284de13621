import { HeddleError } from '../errors/index.ts';

/** Variables that name the server of the queue, the first that is set. */
const VARIABLES = ['HEDDLE_QUEUE_URL', 'REDIS_URL'] as const;

/**
 * The server of the queue: what is given, else HEDDLE_QUEUE_URL, else REDIS_URL.
 *
 * @throws HEDDLE_USAGE where there is none of them
 */
export function queueUrl(given: string | undefined, env: Readonly<Record<string, string | undefined>>): string {
  const url = given ?? VARIABLES.map((name) => env[name]).find((value) => value !== undefined && value !== '');
  if (url !== undefined && url !== '') return url;
  throw new HeddleError(
    'HEDDLE_USAGE',
    'No server of the queue is named: give its URL, such as redis://localhost:6379 or postgres://user:password@host/app, or set HEDDLE_QUEUE_URL.',
  );
}

/** The place of the journal that lies beside the queue, as `openJournal` takes it. */
export function journalBeside(url: string, prefix: string | undefined): string {
  if (prefix === undefined) return url;
  const name = /^postgres(ql)?:/i.test(url) ? 'schema' : 'prefix';
  const [base = '', query = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set(name, prefix);
  return `${base}?${parameters.toString()}`;
}
