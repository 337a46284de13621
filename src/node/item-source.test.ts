import { open } from 'node:fs/promises';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileItemsRequest } from '../executor/host.ts';
import { openItems } from './item-source.ts';

let directory: string;
let path: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heddle-items-'));
  path = join(directory, 'items');
});
afterAll(() => rm(directory, { recursive: true }));

type Options = Partial<FileItemsRequest>;

async function itemsOf(content: string | Uint8Array, format: FileItemsRequest['format'], options: Options = {}) {
  await writeFile(path, content);
  const items: unknown[] = [];
  for await (const chunk of openItems({ path, format, ...options })) items.push(...chunk);
  return items;
}

/** The items that came before a failure, and the failure. */
async function failureOf(content: string | Uint8Array, format: FileItemsRequest['format'], options: Options = {}) {
  await writeFile(path, content);
  let items = 0;
  try {
    for await (const chunk of openItems({ path, format, ...options })) items += chunk.length;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return [items, code, message.replaceAll(path, 'FILE')];
  }
  return [items, 'none', ''];
}

/** How many descriptors of this process are open on the file. */
async function openCount(): Promise<number> {
  const descriptors = await readdir('/proc/self/fd');
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target === path).length;
}

const BIG = 300_000;

describe('lines', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\nb', ['a', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\n\nb\n\n', ['a', '', 'b', '']],
    ['\n', ['']],
    ['\r\n', ['']],
    ['a\rb\n', ['a\rb']],
    ['\ufeffa\nb', ['a', 'b']],
    ['größe €\n𝄞\n', ['größe €', '𝄞']],
  ])('%j', async (content, expected) => {
    expect(await itemsOf(content, 'lines')).toEqual(expected);
  });

  test('longer than a block', async () => {
    expect(await itemsOf(`${'x'.repeat(BIG)}\ny`, 'lines')).toEqual(['x'.repeat(BIG), 'y']);
  });

  test('are those of split, wherever blocks end', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'ö', '€', '𝄞', ' ') });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1 }),
        fc.nat(9),
        fc.constantFrom('\n', '\r\n'),
        async (some, shift, end) => {
          const lines = ['x'.repeat(shift), ...Array.from({ length: 30_000 }, (_, n) => some[n % some.length] ?? '')];
          expect(await itemsOf(lines.join(end) + end, 'lines')).toEqual(lines);
        },
      ),
      { numRuns: 10 },
    );
  });

  test.each<[string, Buffer, number]>([
    ['a wrong byte', Buffer.from([0x61, 0x0a, 0x62, 0xff, 0x0a]), 3],
    ['a lone continuation', Buffer.from([0x80]), 0],
    ['a character cut off', Buffer.from([0x61, 0xf0, 0x9d]), 1],
    ['a surrogate', Buffer.from([0xed, 0xa0, 0x80]), 0],
    ['far in', Buffer.concat([Buffer.alloc(BIG, 'ö'), Buffer.from([0xff])]), BIG],
    ['nothing but continuations', Buffer.alloc(10, 0x80), 0],
  ])('that are not UTF-8: %s', async (_, bytes, offset) => {
    const [, code, message] = await failureOf(bytes, 'lines');
    expect([code, message]).toEqual([
      'HEDDLE_FILE_UNREADABLE',
      `FILE is not UTF-8 text at byte ${offset}. Name its encoding (encoding: latin1), or convert it.`,
    ]);
  });

  test.each([
    ['latin1', Buffer.from('größe\r\nx', 'latin1')],
    ['utf-16le', Buffer.from('\ufeffgröße\nx', 'utf16le')],
    ['UTF8', Buffer.from('größe\nx')],
  ])('in %s', async (encoding, bytes) => {
    expect(await itemsOf(bytes, 'lines', { encoding })).toEqual(['größe', 'x']);
  });

  test('in an encoding that nobody knows, or another than that', async () => {
    expect(await failureOf('a', 'lines', { encoding: 'klingon' })).toEqual([
      0,
      'HEDDLE_FILE_UNREADABLE',
      "There is no encoding 'klingon'; common ones are utf-8, latin1, utf-16le and windows-1252.",
    ]);
    expect(await failureOf('abc', 'lines', { encoding: 'utf-16le' })).toEqual([
      0,
      'HEDDLE_FILE_UNREADABLE',
      'FILE is not utf-16le text.',
    ]);
  });

  test('longer than 64 MiB are refused', async () => {
    const file = await open(path, 'w');
    await file.write('first\n');
    await file.truncate(65 * 1024 * 1024);
    await file.close();
    const lines = openItems({ path, format: 'lines' })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toEqual(['first']);
    await expect(lines.next()).rejects.toThrow(`Line 2 of ${path} is longer than 64 MiB.`);
  });
});

describe('ndjson', () => {
  test('skips blank lines', async () => {
    expect(await itemsOf('{"a":1}\n\n  \n[2]\r\nnull\n"x"', 'ndjson')).toEqual([{ a: 1 }, [2], null, 'x']);
    expect(await itemsOf('\n\n', 'ndjson')).toEqual([]);
  });

  test('gives what stands before a bad line, and its number', async () => {
    expect(await failureOf('1\n\n2\n{"a":}\n3', 'ndjson')).toEqual([
      2,
      'HEDDLE_PARSE',
      `Line 4 of FILE is not JSON: Unexpected token '}', "{"a":}" is not valid JSON`,
    ]);
  });

  test('keeps __proto__ a key like any other', async () => {
    const [item] = await itemsOf('{"__proto__":1}', 'ndjson');
    expect(Object.keys(item as object)).toEqual(['__proto__']);
  });
});

describe('json', () => {
  test.each<[string, unknown[]]>([
    ['[]', []],
    [' \n[ ] \n', []],
    ['[1]', [1]],
    ['[1,"a,b]",[2,[3]],{"x":"\\"]","y":{}},null]', [1, 'a,b]', [2, [3]], { x: '"]', y: {} }, null]],
    ['\ufeff[ "\\\\" , "ö€𝄞" ]', ['\\', 'ö€𝄞']],
  ])('%j', async (content, expected) => {
    expect(await itemsOf(content, 'json')).toEqual(expected);
  });

  test('with elements and gaps longer than a block', async () => {
    const gap = ' '.repeat(BIG);
    const long = 'x'.repeat(BIG);
    expect(await itemsOf(`${gap}[${gap}"${long}"${gap},${gap}1]${gap}`, 'json')).toEqual([long, 1]);
    expect(await failureOf(`[1]${gap}x`, 'json')).toEqual([
      1,
      'HEDDLE_PARSE',
      'FILE is not a JSON list: text follows the end of the list.',
    ]);
    expect(await failureOf(`[1,${gap}]`, 'json')).toEqual([
      1,
      'HEDDLE_PARSE',
      'FILE is not a JSON list: element 1 (line 1) is empty.',
    ]);
  });

  test('is what JSON.parse gives, wherever blocks end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 20 }), fc.nat(3), async (some, indent) => {
        const list = Array.from({ length: Math.ceil(5000 / some.length) }, () => some).flat();
        const text = JSON.stringify(list, null, indent);
        expect(await itemsOf(text, 'json')).toEqual(JSON.parse(text));
      }),
      { numRuns: 20 },
    );
  });

  test.each<[string, string]>([
    [
      '{"a":[1]}',
      'FILE holds a mapping at its top level, not a list. Read it with file.read_json and iterate over a list in it.',
    ],
    ['  "text"', `FILE holds '"text"' at its top level, not a list.`],
    ['', 'FILE is not a JSON list: the file is empty.'],
    [' \n ', 'FILE is not a JSON list: the file is empty.'],
    ['[1,2', "FILE is not a JSON list: the list ends after 1 elements without a ']'."],
    ['["a', "FILE is not a JSON list: the list ends after 0 elements without a ']'."],
    ['[1,]', 'FILE is not a JSON list: element 1 (line 1)'],
    ['[,1]', 'FILE is not a JSON list: element 0 (line 1)'],
    ['[\n1,\n,2]', 'FILE is not a JSON list: element 1 (line 3)'],
    [
      '[1,\n2,\n {"a" 1},4]',
      "FILE is not a JSON list: element 2 (line 3): Expected ':' after property name in JSON at position 7",
    ],
    ['[1}', 'FILE is not a JSON list: element 0 (line 1)'],
    ['[{]}]', 'FILE is not a JSON list: element 0 (line 1)'],
    ['[1] 2', 'FILE is not a JSON list: text follows the end of the list.'],
    ['[1],', 'FILE is not a JSON list: text follows the end of the list.'],
    ['[tru]', 'FILE is not a JSON list: element 0 (line 1)'],
  ])('%j', async (content, message) => {
    const [, code, found] = await failureOf(content, 'json');
    expect(code).toBe('HEDDLE_PARSE');
    expect(String(found).startsWith(message) ? message : found).toBe(message);
  });

  test('an element of more than 64 MiB is refused', async () => {
    const file = await open(path, 'w');
    await file.write('["');
    for (let n = 0; n < 65; n += 1) await file.write('x'.repeat(1024 * 1024));
    await file.close();
    const items = openItems({ path, format: 'json' })[Symbol.asyncIterator]();
    await expect(items.next()).rejects.toThrow(`Element 0 of ${path} is larger than 64 MiB.`);
  });
});

describe('csv', () => {
  test.each<[string, Options, unknown[]]>([
    [
      'a,b\n1,2\r\n"x ""y""","z\n"\n',
      {},
      [
        { a: '1', b: '2' },
        { a: 'x "y"', b: 'z\n' },
      ],
    ],
    ['\ufeffa;b\n\n1;2', { delimiter: ';' }, [{ a: '1', b: '2' }]],
    [
      '1,2\n3,4',
      { header: false },
      [
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    [
      '1,2\n3,4',
      { header: ['x', 'y'] },
      [
        { x: '1', y: '2' },
        { x: '3', y: '4' },
      ],
    ],
    ['', {}, []],
    ['a,b\n', {}, []],
  ])('%j %j', async (content, options, expected) => {
    expect(await itemsOf(content, 'csv', options)).toEqual(expected);
  });

  test('of many blocks', async () => {
    const rows = Array.from({ length: 30_000 }, (_, n) => ({ id: String(n), name: `größe, ${n}` }));
    const text = `id,name\n${rows.map(({ id, name }) => `${id},"${name}"`).join('\n')}`;
    expect(await itemsOf(text, 'csv')).toEqual(rows);
  });

  test.each<[string, number, RegExp]>([
    ['a,b\n1,2\n3\n4,5', 1, /^FILE is not CSV as asked for: .*line 3$/],
    ['a,b\n1,2\n"x"y,3', 1, /^FILE is not CSV as asked for: .*line 3/],
    ['a,b\n1,2\n"x', 1, /^FILE is not CSV as asked for: .*line 3/],
  ])('%j gives what stands before the mistake, and its line', async (content, before, message) => {
    const [items, code, found] = await failureOf(content, 'csv');
    expect([items, code]).toEqual([before, 'HEDDLE_PARSE']);
    expect(found).toMatch(message);
  });
});

describe('the file', () => {
  test('is not there: a near name is suggested', async () => {
    await writeFile(path, '');
    const missing = openItems({ path: `${path}s`, format: 'lines' })[Symbol.asyncIterator]();
    await expect(missing.next()).rejects.toMatchObject({
      code: 'HEDDLE_FILE_NOT_FOUND',
      message: `There is no file ${path}s; did you mean 'items'?`,
    });
  });

  test('is a directory', async () => {
    const items = openItems({ path: directory, format: 'json' })[Symbol.asyncIterator]();
    await expect(items.next()).rejects.toMatchObject({ code: 'HEDDLE_FILE_UNREADABLE' });
  });

  describe.skipIf(process.platform !== 'linux')('is closed', () => {
    const content = { lines: 'x\n', ndjson: '1\n', csv: 'a\n', json: '' } as const;

    test.each(['lines', 'ndjson', 'csv', 'json'] as const)('%s: once nobody reads on', async (format) => {
      await writeFile(path, format === 'json' ? JSON.stringify(Array(BIG).fill(1)) : content[format].repeat(BIG));
      const source = openItems({ path, format });
      expect(await openCount()).toBe(0);
      for await (const chunk of source) {
        expect([chunk.length > 100, await openCount()]).toEqual([true, 1]);
        break;
      }
      expect(await openCount()).toBe(0);
    });

    test.each(['lines', 'ndjson', 'csv', 'json'] as const)('%s: after an error', async (format) => {
      expect((await failureOf(Buffer.from([0xff]), format))[1]).toBe('HEDDLE_FILE_UNREADABLE');
      expect(await openCount()).toBe(0);
    });

    test.each(['lines', 'ndjson', 'csv', 'json'] as const)('%s: at its end', async (format) => {
      await itemsOf('[1\n,2]'.slice(format === 'json' ? 0 : 6), format);
      expect(await openCount()).toBe(0);
    });
  });
});

describe('reading again from a place', () => {
  const rows = Array.from({ length: 20_000 }, (_, n) => ({
    id: String(n),
    name: `größe, ${n}`,
    note: n % 7 ? '' : 'a\nb',
  }));
  const files: [string, FileItemsRequest['format'], string, Options?][] = [
    ['lines', 'lines', rows.map(({ name }) => name).join('\r\n')],
    ['lines behind a byte order mark', 'lines', `\ufeff${rows.map(({ name }) => name).join('\n')}\n`],
    ['ndjson', 'ndjson', rows.map((row) => JSON.stringify(row) + '\n'.repeat(1 + (Number(row.id) % 2))).join('')],
    ['json', 'json', ` [${rows.map((row) => JSON.stringify(row, null, 1)).join(' ,\n')} ] `],
    ['csv', 'csv', `id,name,note\r\n${rows.map(({ id, name, note }) => `${id},"${name}","${note}"`).join('\r\n')}`],
    [
      'csv without a header',
      'csv',
      rows.map(({ id, name }) => `${id};${name}`).join('\n'),
      { header: false, delimiter: ';' },
    ],
  ];

  test.each(files)('%s', async (_, format, content, options = {}) => {
    await writeFile(path, content);
    const request = { path, format, ...options };
    const all: unknown[] = [];
    const places: { readonly index: number; readonly place: unknown }[] = [];
    let place: unknown = null;
    for await (const chunk of openItems(request, null, (noted) => (place = noted))) {
      all.push(...chunk);
      places.push({ index: all.length, place: structuredClone(place) });
    }
    expect([all.length, places.length > 1]).toEqual([rows.length, true]);
    for (const from of places) {
      const rest: unknown[] = [];
      const later: { index: number; place: unknown }[] = [];
      for await (const chunk of openItems(request, from.place, (noted) => (place = noted))) {
        rest.push(...chunk);
        later.push({ index: from.index + rest.length, place: structuredClone(place) });
      }
      expect(rest).toEqual(all.slice(from.index));
      // A place that is noted on the way is as good as one of the first reading.
      const [next] = later;
      const again: unknown[] = [];
      if (next !== undefined) for await (const chunk of openItems(request, next.place)) again.push(...chunk);
      expect(again).toEqual(next === undefined ? [] : all.slice(next.index));
    }
  });

  test('other encodings have none', async () => {
    await writeFile(path, Buffer.from('größe\nx', 'latin1'));
    const noted: unknown[] = [];
    for await (const _ of openItems({ path, format: 'lines', encoding: 'latin1' }, null, (place) => noted.push(place)));
    expect(noted).toEqual([]);
  });
});
