import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

const { signal } = new AbortController();

it('lets so many in, and the others in the order in which they came', async () => {
  const turns = new Turns(2);
  const order: string[] = [];
  const come = async (name: string): Promise<void> => {
    await turns.take(signal);
    order.push(name);
  };
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(come);
  await Promise.all([a, b]);
  expect(order).toEqual(['a', 'b']);
  turns.give();
  await c;
  expect(order).toEqual(['a', 'b', 'c']);
  turns.give();
  await d;
  expect(order).toEqual(['a', 'b', 'c', 'd']);
});

it('forgets one that is aborted while it waits', async () => {
  const turns = new Turns(1);
  await turns.take(signal);
  const controller = new AbortController();
  const left = turns.take(controller.signal);
  const next = turns.take(signal);
  controller.abort(new Error('enough'));
  await expect(left).rejects.toThrow('enough');
  turns.give();
  await next;
  turns.give();
  await turns.take(signal);
});

it('does not abort one whose turn has come', async () => {
  const turns = new Turns(1);
  await turns.take(signal);
  const controller = new AbortController();
  const next = turns.take(controller.signal);
  turns.give();
  controller.abort();
  await expect(next).resolves.toBeUndefined();
});
