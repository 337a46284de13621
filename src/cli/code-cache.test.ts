import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodeCacheFile, codeCacheDirectory, isPrivate, makePrivate, type StartKind } from './code-cache.ts';

const KIND: StartKind = { command: 'run', hash: 'abc', version: 'v20.0.0', arch: 'x64', flags: '' };
const DAY_S = 24 * 60 * 60;

let base: string;
let directory: string;
beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'heddle-code-'));
  directory = path.join(base, 'heddle');
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

const write = (kind: StartKind, text: string): void => {
  const writer = (file: string, data: Uint8Array, { mode }: { readonly mode: number }): void =>
    writeFileSync(file, data, { mode });
  new CodeCacheFile(directory, kind).write(
    () => Buffer.from(text),
    () => writer,
  );
};
const read = (kind: StartKind): string | undefined => new CodeCacheFile(directory, kind).read()?.toString();
const only = (): string => path.join(directory, readdirSync(directory)[0] ?? '');

describe('where compiled code is kept', () => {
  it.each([
    [{ HOME: '/home/ada' }, 'linux', '/home/ada/.cache/heddle'],
    [{ HOME: '/home/ada', XDG_CACHE_HOME: '/c' }, 'linux', '/c/heddle'],
    [{ HOME: '/home/ada', XDG_CACHE_HOME: '' }, 'linux', '/home/ada/.cache/heddle'],
    [{ HOME: '/Users/ada' }, 'darwin', '/Users/ada/Library/Caches/heddle'],
    [{ HOME: '/home/ada', XDG_CACHE_HOME: 'c' }, 'linux', undefined],
    [{}, 'linux', undefined],
    [{}, 'win32', undefined],
    [{ HOME: '/home/ada', NODE_DISABLE_COMPILE_CACHE: '1' }, 'linux', undefined],
  ] as const)('%j on %s: %s', (env, platform, expected) => {
    expect(codeCacheDirectory(env, platform)).toBe(expected);
  });

  it('is private', () => {
    expect(isPrivate(directory)).toBe(false);
    expect(makePrivate(directory)).toBe(true);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    chmodSync(directory, 0o770);
    expect(makePrivate(directory)).toBe(false);
    symlinkSync(base, path.join(base, 'link'));
    expect(isPrivate(path.join(base, 'link'))).toBe(false);
    writeFileSync(path.join(base, 'file'), '');
    expect(makePrivate(path.join(base, 'file'))).toBe(false);
  });
});

describe('a file of compiled code', () => {
  it('is read as it was written, by the same kind of start only', () => {
    write(KIND, 'code');
    expect(read(KIND)).toBe('code');
    expect(statSync(only()).mode & 0o777).toBe(0o600);
    for (const part of Object.keys(KIND)) expect(read({ ...KIND, [part]: 'other' })).toBeUndefined();
  });

  it.each([
    ['cut', (data: Buffer) => data.subarray(0, 5)],
    ['one bit is wrong', (data: Buffer) => Buffer.from(data.map((byte, i) => (i === 2 ? byte ^ 1 : byte)))],
    ['empty', () => Buffer.alloc(0)],
  ])('is not used where it is broken: %s', (_, damage) => {
    write(KIND, 'code');
    writeFileSync(only(), damage(readFileSync(only())));
    const file = new CodeCacheFile(directory, KIND);
    expect(file.read()).toBeUndefined();
    expect(file.isDue).toBe(true);
  });

  it('is not used where others can write to it, or to its directory', () => {
    write(KIND, 'code');
    chmodSync(only(), 0o620);
    expect(read(KIND)).toBeUndefined();
    chmodSync(only(), 0o600);
    expect(read(KIND)).toBe('code');
    chmodSync(directory, 0o707);
    expect(read(KIND)).toBeUndefined();
  });

  it('is not written, nor anything done for it, where others can write to its directory', () => {
    mkdirSync(directory, { mode: 0o700 });
    chmodSync(directory, 0o777);
    const called: string[] = [];
    const note = (name: string) => (): never => {
      called.push(name);
      throw new Error(name);
    };
    new CodeCacheFile(directory, KIND).write(note('code'), note('writer'));
    expect(called).toEqual([]);
  });

  it('is due again after a day, and those that are a month old go', () => {
    write(KIND, 'code');
    const file = new CodeCacheFile(directory, KIND);
    file.read();
    expect(file.isDue).toBe(false);
    const now = Date.now() / 1000;
    utimesSync(only(), now - 2 * DAY_S, now - 2 * DAY_S);
    expect(file.read()?.toString()).toBe('code');
    expect(file.isDue).toBe(true);
    write({ ...KIND, command: 'validate' }, 'code');
    expect(readdirSync(directory)).toHaveLength(2);
    utimesSync(only(), now - 31 * DAY_S, now - 31 * DAY_S);
    write({ ...KIND, command: 'validate' }, 'code');
    expect(readdirSync(directory)).toEqual([expect.stringMatching(/^validate-/)]);
  });

  it('that cannot be written is not missed', () => {
    const fail = () => (): never => {
      throw new Error('no space left');
    };
    expect(() => new CodeCacheFile(directory, KIND).write(() => Buffer.from('x'), fail)).not.toThrow();
    expect(read(KIND)).toBeUndefined();
  });
});
