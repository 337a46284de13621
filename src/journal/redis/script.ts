import { createHash } from 'node:crypto';

/** A script as the server keeps it. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  /** SHA-1, by which the server knows it. */
  readonly sha: string;
}

/** Makes a script of fragments and its own text, which begins with its header. */
export function script(name: string, fragments: readonly string[], lua: string): Script {
  const whole = [...fragments, lua].join('\n');
  return { name, lua: whole, sha: createHash('sha1').update(whole).digest('hex') };
}
