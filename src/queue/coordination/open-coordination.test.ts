import { describe, expect, test } from 'vitest';
import { HeddleError } from '../../errors/index.ts';
import { openCoordination } from './open-coordination.ts';
import { queueError } from './queue-error.ts';
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

test('errors of connections are errors of the queue', () => {
  const cause = Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' });
  const of = (code: 'HEDDLE_JOURNAL_DRIVER' | 'HEDDLE_JOURNAL_FULL' | 'HEDDLE_USAGE'): unknown =>
    queueError(new HeddleError(code, "The library 'pg' could not be loaded.", { cause }), 'redis://host');
  expect(of('HEDDLE_JOURNAL_DRIVER')).toMatchObject({ code: 'HEDDLE_QUEUE_DRIVER', cause });
  expect(of('HEDDLE_JOURNAL_DRIVER')).toHaveProperty('message', "The library 'pg' could not be loaded.");
  expect(of('HEDDLE_JOURNAL_FULL')).toMatchObject({ code: 'HEDDLE_QUEUE_FULL', cause });
  expect(of('HEDDLE_USAGE')).toMatchObject({ code: 'HEDDLE_USAGE' });
  expect(queueError(cause, 'redis://host')).toBe(cause);
});
