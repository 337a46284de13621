import { describe, expect, test } from 'vitest';
import { openCoordination } from './open-coordination.ts';
import { nameOfTask, taskOfName } from './task-name.ts';

describe('openCoordination', () => {
  test('refuses other kinds of URLs, and tells no password', async () => {
    for (const url of ['mysql://root:secret@host/db', 'redis://user:secret@:x', 'nothing', 'postgres://user:secret@']) {
      const refused = openCoordination(url);
      await expect(refused).rejects.toMatchObject({ code: 'HEDDLE_USAGE' });
      await expect(refused).rejects.not.toThrow('secret');
    }
  });
});

test('names of executions are read back', () => {
  const task = { run: 'a:b:3', execution: 12, generation: 4 };
  expect(taskOfName(nameOfTask(task))).toEqual(task);
});
