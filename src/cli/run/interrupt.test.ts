import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { watchInterrupts } from './interrupt.ts';

test('the first signal of either kind is told apart from every further one', () => {
  const source = new EventEmitter();
  const calls: string[] = [];
  const stop = watchInterrupts(source, {
    first: (signal) => void calls.push(`first ${signal}`),
    second: () => void calls.push('second'),
  });
  source.emit('SIGTERM');
  source.emit('SIGINT');
  source.emit('SIGINT');
  expect(calls).toEqual(['first SIGTERM', 'second', 'second']);
  stop();
  source.emit('SIGINT');
  expect(calls).toHaveLength(3);
  expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0);
});
