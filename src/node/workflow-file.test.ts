import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readWorkflowText } from './workflow-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'heddle-file-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('readWorkflowText', () => {
  test('gives the text', async () => {
    await writeFile(join(directory, 'a.yaml'), 'name: é\n');
    expect(readWorkflowText(join(directory, 'a.yaml'))).toBe('name: é\n');
  });

  test.each([
    ['helo.yaml', "There is no file DIR/helo.yaml; did you mean 'hello.yaml'?"],
    ['other.yaml', 'There is no file DIR/other.yaml.'],
    ['none/a.yaml', 'There is no file DIR/none/a.yaml: there is no directory DIR/none either.'],
    ['hello.yaml/a.yaml', 'There is no file DIR/hello.yaml/a.yaml: there is no directory DIR/hello.yaml either.'],
  ])('%s is not there', async (name, message) => {
    await writeFile(join(directory, 'hello.yaml'), '');
    expect(() => readWorkflowText(join(directory, name))).toThrow(
      expect.objectContaining({ code: 'HEDDLE_FILE_NOT_FOUND', message: message.replaceAll('DIR', directory) }),
    );
  });

  test.each<[string, Uint8Array | null, string]>([
    ['a directory', null, ' is a directory, not a file.'],
    [
      'binary',
      Uint8Array.of(0x61, 0x0a, 0x00, 0xff),
      ' looks like a binary file (byte 3, line 2); expected UTF-8 text',
    ],
    ['another encoding', Uint8Array.of(0x61, 0x0a, 0xe9, 0x62), ' is not UTF-8 (byte 3, line 2); expected UTF-8 text'],
    ['large', new Uint8Array(10 * 1024 * 1024 + 1), ' has 10.0 MB; a workflow file has at most 10 MB'],
  ])('%s', async (_, bytes, message) => {
    const file = join(directory, 'x.yaml');
    if (bytes === null) await mkdir(file);
    else await writeFile(file, bytes);
    expect(() => readWorkflowText(file)).toThrow(
      expect.objectContaining({ code: 'HEDDLE_FILE_UNREADABLE', message: `${file}${message}` }),
    );
  });
});
