import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { fileErrorSync } from '../actions/files/file-error.ts';
import { HeddleError } from '../errors/index.ts';

const MAX_BYTES = 10 * 1024 * 1024;

/**
 * The text of a workflow file.
 *
 * @throws HEDDLE_FILE_NOT_FOUND, or HEDDLE_FILE_UNREADABLE where it is no UTF-8 text of at most 10 MB.
 */
export function readWorkflowText(file: string): string {
  let bytes: Uint8Array;
  try {
    const handle = openSync(file, 'r');
    try {
      const { size } = fstatSync(handle);
      if (size > MAX_BYTES) {
        const megabytes = (size / 1024 / 1024).toFixed(1);
        throw new HeddleError(
          'HEDDLE_FILE_UNREADABLE',
          `${file} has ${megabytes} MB; a workflow file has at most 10 MB`,
        );
      }
      bytes = readFileSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw error instanceof HeddleError ? error : fileErrorSync(file, error);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const offset = firstInvalidByte(bytes);
    const line = bytes.subarray(0, offset).reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 1);
    const what = bytes.includes(0) ? 'looks like a binary file' : 'is not UTF-8';
    throw new HeddleError(
      'HEDDLE_FILE_UNREADABLE',
      `${file} ${what} (byte ${offset}, line ${line}); expected UTF-8 text`,
      { location: { file, line, column: 1 } },
    );
  }
}

/** Offset of the first byte that no UTF-8 text has there: the longest prefix that decodes, found by halving. */
function firstInvalidByte(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      low = middle;
    } catch {
      high = middle - 1;
    }
  }
  return low;
}
