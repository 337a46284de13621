import { createHash } from 'node:crypto';

/** Under what a result is kept: keys come from expressions, any text, as long as it likes. */
export function hashOfKey(key: string): string {
  return createHash('sha256').update(JSON.stringify(key)).digest('hex');
}
