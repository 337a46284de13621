import type { CsvError, Options } from 'csv-parse';
import { HeddleError } from '../../errors/index.ts';

/** Options of csv-parse for the `delimiter` (default `,`) and `header` (default true) of an item source or action. */
export function csvOptions(delimiter = ',', header: boolean | readonly string[] = true): Options {
  return {
    delimiter,
    columns: typeof header === 'boolean' ? header : [...header],
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    skip_empty_lines: true,
  };
}

/** What csv-parse found wrong, as HEDDLE_PARSE; `source` names the text. */
export function csvError(error: Error, source: string): HeddleError {
  const { lines } = error as Partial<CsvError> & { readonly lines?: number };
  const place = lines === undefined || / line \d+/.test(error.message) ? '' : ` at line ${lines}`;
  return new HeddleError('HEDDLE_PARSE', `${source} is not CSV as asked for${place}: ${error.message}`, {
    cause: error,
  });
}
