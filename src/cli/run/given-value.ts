import { UsageError } from '../error-report.ts';

/**
 * A value given on a command line: JSON where it is JSON, else text.
 *
 * @throws HEDDLE_USAGE for what looks like JSON and is none
 */
export function givenValue(text: string, option: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!/^\s*[[{"]/.test(text)) return text;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${option} takes JSON or plain text, but this begins like JSON and is none: ${reason}`);
  }
}
