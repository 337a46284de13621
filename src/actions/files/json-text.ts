import { HeddleError } from '../../errors/index.ts';
import { reasonOf } from './file-error.ts';

/**
 * The value of JSON text; `source` names the text in the error.
 *
 * @throws HEDDLE_PARSE with the place, where JSON.parse tells it.
 */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (text.trim() === '') throw new HeddleError('HEDDLE_PARSE', `${source} is not JSON: it is empty.`, { cause });
    const reason = reasonOf(cause);
    const position = / in JSON at position (\d+)/.exec(reason);
    if (position === null) throw new HeddleError('HEDDLE_PARSE', `${source} is not JSON: ${reason}.`, { cause });
    const before = text.slice(0, Number(position[1])).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
    const what = reason.slice(0, position.index);
    throw new HeddleError('HEDDLE_PARSE', `${source} is not JSON at ${place}: ${what}.`, { cause });
  }
}
