import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { callAction, failureOf } from './testing/action-context.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'heddle-file-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const call = (name: string, input: Record<string, unknown>, signal = new AbortController().signal) =>
  callAction(`file.${name}`, input, { cwd, signal });
const failure = (name: string, input: Record<string, unknown>, signal?: AbortSignal) =>
  failureOf(() => call(name, input, signal));
const put = (name: string, content: string | Uint8Array) => writeFile(join(cwd, name), content);
const content = (name: string) => readFile(join(cwd, name), 'utf8');

describe('reading', () => {
  test.each<[string, string, string | Uint8Array, Record<string, unknown>, unknown]>([
    ['read_text', 'text', 'größe\n', {}, 'größe\n'],
    ['read_text', 'no byte order mark', '\ufeffabc', {}, 'abc'],
    ['read_text', 'latin1', Buffer.from('größe', 'latin1'), { encoding: 'latin1' }, 'größe'],
    ['read_text', 'utf-16le', Buffer.from('\ufeffgröße', 'utf16le'), { encoding: 'utf-16le' }, 'größe'],
    ['read_text', 'nothing', '', {}, ''],
    ['read_text', 'just the size allowed', 'abc', { 'max-bytes': 3 }, 'abc'],
    ['read_json', 'JSON', '\ufeff{"a":[1,null]}', {}, { a: [1, null] }],
    ['read_lines', 'lines', 'a\r\nb\n\nc\n', {}, ['a', 'b', '', 'c']],
    ['read_lines', 'a last line without an end', 'a\nb', {}, ['a', 'b']],
    ['read_lines', 'no line', '', {}, []],
    ['read_lines', 'an empty line', '\n', {}, ['']],
  ])('%s reads %s', async (name, _, text, more, expected) => {
    await put('x', text);
    expect(await call(name, { path: 'x', ...more })).toEqual(expected);
  });

  test('read_lines reads lazily, the same lines', async () => {
    await put('x', 'a\r\nb\n\nc');
    const lines = (await call('read_lines', { path: 'x', lazy: true })) as AsyncIterable<string>;
    const read: string[] = [];
    for await (const line of lines) read.push(line);
    expect(read).toEqual(['a', 'b', '', 'c']);
  });

  test('an absolute path stays as it is', async () => {
    await put('x', 'abc');
    expect(await callAction('file.read_text', { path: join(cwd, 'x') })).toBe('abc');
  });

  test.each<[string, string | Uint8Array, Record<string, unknown>, string, string]>([
    [
      'a wrong byte',
      Buffer.from([0x61, 0xc3, 0xb6, 0xff]),
      {},
      'HEDDLE_FILE_UNREADABLE',
      'is not UTF-8 text at byte 3.',
    ],
    [
      'a character cut off',
      Buffer.from([0x61, 0xe2, 0x82]),
      {},
      'HEDDLE_FILE_UNREADABLE',
      'is not UTF-8 text at byte 1.',
    ],
    ['odd UTF-16', Buffer.from([0x61]), { encoding: 'utf-16le' }, 'HEDDLE_FILE_UNREADABLE', 'is not utf-16le text.'],
    ['an unknown encoding', 'a', { encoding: 'klingon' }, 'HEDDLE_FILE_UNREADABLE', "There is no encoding 'klingon'"],
    ['a large file', 'abcd', { 'max-bytes': 3 }, 'HEDDLE_FILE_UNREADABLE', 'is larger than 3 bytes.'],
  ])('%s', async (_, text, more, code, message) => {
    await put('x', text);
    expect(await failure('read_text', { path: 'x', ...more })).toMatchObject({
      code,
      message: expect.stringContaining(message) as unknown,
    });
  });

  test.each([
    ['{"a":1,}', 'is not JSON at line 1, column 8: Expected double-quoted property name.'],
    ['{\n  "a" 1}', "is not JSON at line 2, column 7: Expected ':' after property name."],
    ['  ', 'is not JSON: it is empty.'],
    ['x', `is not JSON: Unexpected token 'x', "x" is not valid JSON.`],
  ])('%j is no JSON', async (text, message) => {
    await put('x.json', text);
    expect(await failure('read_json', { path: 'x.json' })).toMatchObject({
      code: 'HEDDLE_PARSE',
      message: `${join(cwd, 'x.json')} ${message}`,
    });
  });

  test('a file that is not there: a near name is suggested', async () => {
    await put('servers.json', '[]');
    expect(await failure('read_json', { path: 'server.json' })).toMatchObject({
      code: 'HEDDLE_FILE_NOT_FOUND',
      message: `There is no file ${join(cwd, 'server.json')}; did you mean 'servers.json'?`,
    });
    expect(await failure('read_json', { path: 'other' })).toMatchObject({
      message: `There is no file ${join(cwd, 'other')}.`,
    });
    expect(await failure('read_json', { path: 'data/x' })).toMatchObject({
      message: `There is no file ${join(cwd, 'data/x')}: there is no directory ${join(cwd, 'data')} either.`,
    });
  });

  test('a directory', async () => {
    expect(await failure('read_text', { path: '.' })).toMatchObject({
      code: 'HEDDLE_FILE_UNREADABLE',
      message: `${cwd} is a directory, not a file.`,
    });
  });

  test('an impossible path', async () => {
    expect(await failure('read_text', { path: 'a\0b' })).toMatchObject({ code: 'HEDDLE_FILE_UNREADABLE' });
  });

  test.skipIf(process.getuid?.() === 0)('a file that may not be read', async () => {
    await put('x', 'a');
    await chmod(join(cwd, 'x'), 0);
    expect(await failure('read_text', { path: 'x' })).toMatchObject({
      code: 'HEDDLE_FILE_UNREADABLE',
      message: `${join(cwd, 'x')} may not be read: permission denied.`,
    });
  });

  test('an abort gives the reason', async () => {
    await put('x', 'a');
    const reason = new Error('cancelled');
    expect(await failure('read_text', { path: 'x' }, AbortSignal.abort(reason))).toBe(reason);
  });
});

describe('writing', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['write_text', { text: 'größe' }, 'größe'],
    ['write_json', { value: { a: [1] } }, '{\n  "a": [\n    1\n  ]\n}\n'],
    ['write_json', { value: null, indent: 0 }, 'null\n'],
    ['append', { text: 'größe' }, 'größe'],
  ])('%s %j', async (name, input, expected) => {
    const result = await call(name, { path: 'new/dir/x', ...input });
    expect(await content('new/dir/x')).toBe(expected);
    expect(result).toEqual({ path: join(cwd, 'new/dir/x'), bytes: Buffer.byteLength(expected) });
    expect(await readdir(join(cwd, 'new/dir'))).toEqual(['x']);
  });

  test('write_text replaces what was there', async () => {
    await put('x', 'a long text that was there before');
    await call('write_text', { path: 'x', text: 'new' });
    expect(await content('x')).toBe('new');
  });

  test('whoever reads while it is written sees one text or the other', async () => {
    const texts = ['a', 'b'].map((letter) => letter.repeat(300_000));
    await put('x', texts[0] ?? '');
    const writes = Promise.all(
      Array.from({ length: 20 }, (_, n) => call('write_text', { path: 'x', text: texts[n % 2] })),
    );
    let written = false;
    void writes.then(() => (written = true));
    while (!written) expect(texts).toContain(await content('x'));
    expect(await readdir(cwd)).toEqual(['x']);
  });

  test('appends from many at once stand one behind the other', async () => {
    const lines = Array.from({ length: 50 }, (_, n) => `${n} ${'x'.repeat(500)}\n`);
    await Promise.all(lines.map((text) => call('append', { path: 'x', text })));
    expect((await content('x')).split(/(?<=\n)/).sort()).toEqual([...lines].sort());
  });

  test.each(['write_text', 'append'])('%s without create-directories', async (name) => {
    expect(await failure(name, { path: 'no/x', text: '', 'create-directories': false })).toMatchObject({
      code: 'HEDDLE_FILE_FAILED',
      message: `${join(cwd, 'no/x')} cannot be written: its directory does not exist.`,
    });
  });

  test.each(['write_text', 'append'])('%s to a directory leaves nothing behind', async (name) => {
    await mkdir(join(cwd, 'dir'));
    expect(await failure(name, { path: 'dir', text: 'x' })).toMatchObject({
      code: 'HEDDLE_FILE_FAILED',
      message: `${join(cwd, 'dir')} cannot be written: it is a directory.`,
    });
    expect(await readdir(cwd)).toEqual(['dir']);
  });

  test.each(['write_text', 'append'])('%s below a file', async (name) => {
    await put('file', '');
    expect(await failure(name, { path: 'file/x', text: 'x' })).toMatchObject({
      code: 'HEDDLE_FILE_FAILED',
      message: `${join(cwd, 'file/x')} cannot be written: a part of its path is not a directory.`,
    });
  });

  test('a path that no system takes', async () => {
    expect(await failure('write_text', { path: 'a\0b', text: 'x' })).toMatchObject({ code: 'HEDDLE_FILE_FAILED' });
  });

  test.each(['write_text', 'append'])('%s writes nothing once it is aborted', async (name) => {
    const reason = new Error('cancelled');
    expect(await failure(name, { path: 'x', text: 'x' }, AbortSignal.abort(reason))).toBe(reason);
    expect(await readdir(cwd)).toEqual([]);
  });

  test('what was written is what is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: false }), async (value) => {
        await call('write_json', { path: 'x', value });
        expect(await call('read_json', { path: 'x' })).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 25 },
    );
  });
});

describe('glob', () => {
  beforeEach(async () => {
    await mkdir(join(cwd, 'data/deep'), { recursive: true });
    for (const name of ['b.json', 'a.json', 'a.txt', 'data/c.json', 'data/deep/d.json', '.hidden.json'])
      await put(name, '');
  });

  test.each<[Record<string, unknown>, readonly string[]]>([
    [{ pattern: '*.json' }, ['a.json', 'b.json']],
    [{ pattern: '**/*.json' }, ['a.json', 'b.json', 'data/c.json', 'data/deep/d.json']],
    [{ pattern: ['**/*.json', '!data/deep/**', 'a.*'] }, ['a.json', 'a.txt', 'b.json', 'data/c.json']],
    [{ pattern: '*.json', directory: 'data' }, ['c.json']],
    [{ pattern: '*.json', dot: true }, ['.hidden.json', 'a.json', 'b.json']],
    [{ pattern: 'data' }, []],
    [{ pattern: '*.xml' }, []],
  ])('%j gives %j', async (input, expected) => {
    expect(await call('glob', input)).toEqual(expected);
  });
});

describe('exists', () => {
  test.each([
    ['x', true],
    ['dir', true],
    ['y', false],
    ['x/below', false],
    ['dangling', false],
  ])('%s: %s', async (path, expected) => {
    await put('x', '');
    await mkdir(join(cwd, 'dir'));
    await symlink('nowhere', join(cwd, 'dangling'));
    expect(await call('exists', { path })).toBe(expected);
  });

  test('an impossible path', async () => {
    expect(await failure('exists', { path: 'a\0b' })).toMatchObject({ code: 'HEDDLE_FILE_UNREADABLE' });
  });
});
