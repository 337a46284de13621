import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRehearsalFiles } from './files.ts';

const FILES = [
  'a.rehearsal.yaml',
  'deep/b.rehearsal.yml',
  'deep/rehearsals/c.yaml',
  'deep/workflow.yaml',
  'node_modules/x/d.rehearsal.yaml',
  '[odd].yaml',
];

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'heddle-files-'));
  for (const file of FILES) {
    await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
    await writeFile(path.join(directory, file), '');
  }
});
afterAll(() => rm(directory, { recursive: true }));

async function find(...targets: string[]): Promise<string[]> {
  const files = await findRehearsalFiles(targets, directory);
  return files.map((file) => path.relative(directory, file));
}

describe('findRehearsalFiles', () => {
  it('finds all below the directory, but not in node_modules', async () => {
    expect(await find()).toEqual(['a.rehearsal.yaml', 'deep/b.rehearsal.yml', 'deep/rehearsals/c.yaml']);
  });

  it('takes files, directories and patterns, each file once', async () => {
    expect(await find('deep/workflow.yaml')).toEqual(['deep/workflow.yaml']);
    expect(await find('deep')).toEqual(['deep/b.rehearsal.yml', 'deep/rehearsals/c.yaml']);
    expect(await find('deep/rehearsals')).toEqual(['deep/rehearsals/c.yaml']);
    expect(await find('*.rehearsal.yaml', 'a.rehearsal.yaml')).toEqual(['a.rehearsal.yaml']);
    expect(await find('[odd].yaml')).toEqual(['[odd].yaml']);
  });

  it('says that a file does not exist, or that there is nothing', async () => {
    await expect(find('a.rehearsal.yml')).rejects.toMatchObject({ code: 'HEDDLE_FILE_NOT_FOUND' });
    await expect(find('*.json')).rejects.toMatchObject({
      code: 'HEDDLE_USAGE',
      message: expect.stringContaining("'*.json'"),
    });
  });
});
