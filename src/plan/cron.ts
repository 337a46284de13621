import { createRequire } from 'node:module';

type CronParser = (typeof import('cron-parser'))['CronExpressionParser'];

let parser: CronParser | undefined;

/** Few workflows have a schedule, and it costs 30 ms to load. The queue reads schedules with the same library. */
function loadParser(): CronParser {
  parser ??= (createRequire(import.meta.url)('cron-parser') as typeof import('cron-parser')).CronExpressionParser;
  return parser;
}

/** Why a text is no time of a schedule, as the rest of a sentence; null: it is one. */
export function cronProblem(text: string): string | null {
  const cron = text.trim();
  const fields = cron.split(/\s+/);
  if (!cron.startsWith('@') && fields.length !== 5 && fields.length !== 6) {
    return `has ${fields.length === 1 && cron === '' ? 0 : fields.length} fields, expected five or six`;
  }
  // Drawn by whoever reads it, so that every worker would have another time.
  if (fields.some((field) => field.includes('H'))) return "has 'H', a random time; write which one";
  try {
    loadParser().parse(cron, { currentDate: 0, tz: 'UTC' }).next();
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    return `cannot be read: ${reason}`;
  }
}

/** Whether this system knows a time zone of that name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
