import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import path from 'node:path';

/** A file this old is written again, in case the code that the first start needed was not all that others do. */
const REFRESH_AFTER_MS = 24 * 60 * 60 * 1000;
/** What has not been written for this long belongs to a version that nobody starts any more. */
const REMOVE_AFTER_MS = 30 * REFRESH_AFTER_MS;

/** Writes a file so that others see all of it or none: `write-file-atomic`, which only a first start has to load. */
export type WriteAtomically = (file: string, data: Uint8Array, options: { readonly mode: number }) => void;

/** What distinguishes one start from another as far as compiled code goes. */
export interface StartKind {
  /** The command's name, or any other word: each has the code it needs and no more. */
  readonly command: string;
  /** Of the code that is compiled. */
  readonly hash: string;
  /** Node's version, and flags that its compiler may depend on. */
  readonly version: string;
  readonly arch: string;
  readonly flags: string;
}

/**
 * Where compiled code may be kept: `heddle` in the user's directory of caches (`XDG_CACHE_HOME`, `~/.cache`,
 * `~/Library/Caches`, `%LOCALAPPDATA%`). Undefined where there is none, or `NODE_DISABLE_COMPILE_CACHE` is set.
 */
export function codeCacheDirectory(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): string | undefined {
  if (env['NODE_DISABLE_COMPILE_CACHE']) return undefined;
  const home = env['HOME'] ?? '';
  const ofSystem =
    platform === 'win32'
      ? env['LOCALAPPDATA']
      : platform === 'darwin'
        ? path.join(home, 'Library/Caches')
        : path.join(home, '.cache');
  const base = env['XDG_CACHE_HOME'] || ofSystem || '';
  return path.isAbsolute(base) ? path.join(base, 'heddle') : undefined;
}

/**
 * Whether a directory is one that only this user can write to. Compiled code is run without a look at its source, so
 * that whoever can write it can run anything.
 */
export function isPrivate(directory: string): boolean {
  try {
    const stats = lstatSync(directory);
    return stats.isDirectory() && isOwn(stats);
  } catch {
    return false;
  }
}

/** Makes a private directory; false where there is none and none can be made. */
export function makePrivate(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch {
    return false;
  }
  return isPrivate(directory);
}

/** Windows has no such modes; there the user's directories are protected by their place. */
function isOwn(stats: { readonly uid: number; readonly mode: number }): boolean {
  const uid = process.getuid?.();
  return uid === undefined || (stats.uid === uid && (stats.mode & 0o022) === 0);
}

/** The file that keeps the compiled code of one kind of start. Nothing here throws: a start without it is only slower. */
export class CodeCacheFile {
  /** Whether there is none, it is broken, or it has become old. */
  isDue = true;
  readonly #directory: string;
  readonly #file: string;

  constructor(directory: string, kind: StartKind) {
    this.#directory = directory;
    const { command, version, arch, flags, hash } = kind;
    this.#file = path.join(directory, `${command}-${version}-${arch}-${fingerprint(flags)}-${hash}.code`);
  }

  /** The compiled code; undefined where there is none, it is somebody else's, or it is broken. */
  read(): Buffer | undefined {
    if (!isPrivate(this.#directory)) return undefined;
    let descriptor: number | undefined;
    try {
      descriptor = openSync(this.#file, 'r');
      const stats = fstatSync(descriptor);
      if (!stats.isFile() || !isOwn(stats)) return undefined;
      const data = unprotected(readFileSync(descriptor));
      this.isDue = data === undefined || Date.now() - stats.mtimeMs > REFRESH_AFTER_MS;
      return data;
    } catch {
      return undefined;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  /** Both functions are called only where there is a place to write to. */
  write(compiledCode: () => Buffer, loadWriter: () => WriteAtomically): void {
    if (!makePrivate(this.#directory)) return;
    try {
      const code = compiledCode();
      loadWriter()(this.#file, Buffer.concat([code, code]), { mode: 0o600 });
      this.#removeOld();
    } catch {
      // A full or read-only disk: the next start compiles again.
    }
  }

  #removeOld(): void {
    const now = Date.now();
    for (const name of readdirSync(this.#directory)) {
      const file = path.join(this.#directory, name);
      if (name.endsWith('.code') && now - statSync(file).mtimeMs > REMOVE_AFTER_MS) unlinkSync(file);
    }
  }
}

/**
 * V8 does not look whether the code it is given is whole, and crashes if it is not. So it is kept twice: to compare
 * takes 0.1 ms, where a checksum takes 4, and to load `node:crypto` 8.
 */
function unprotected(data: Buffer): Buffer | undefined {
  const half = data.length / 2;
  const code = data.subarray(0, half);
  return Number.isInteger(half) && half > 0 && code.equals(data.subarray(half)) ? code : undefined;
}

/** FNV-1a of a short text. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}
