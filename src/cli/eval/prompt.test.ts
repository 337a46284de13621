import { expect, test } from 'vitest';
import { fakeTerminal, type FakeTerminal } from '../testing/fake-terminal.ts';
import { createEvaluator } from './evaluator.ts';
import { prompt } from './prompt.ts';

async function session(fake: FakeTerminal, lines: string): Promise<void> {
  const evaluator = createEvaluator({ task: { fetch: { body: 1, bytes: 2 } } }, {});
  const ended = prompt(evaluator, fake.terminal, false);
  fake.stdin.end(lines);
  await ended;
}

test('a result for each line, the latest as _, errors without leaving', async () => {
  const fake = fakeTerminal();
  await session(fake, '1 + 2\n\n_ * 2\nnothing\n"a"\n');
  expect(fake.stdout()).toBe('3\n6\n"a"\n');
  expect(fake.stderr()).toContain('error  HEDDLE_MISSING');
});

test('.exit leaves', async () => {
  const fake = fakeTerminal();
  await session(fake, '1\n.exit\n2\n');
  expect(fake.stdout()).toBe('1\n');
});

test('Tab completes functions, names and fields', async () => {
  const fake = fakeTerminal({ tty: true });
  const evaluator = createEvaluator({ task: { fetch: { body: 1, bytes: 2 } } }, {});
  const ended = prompt(evaluator, fake.terminal, false);
  // Keys that arrive together are text that was pasted, in which a tab is a tab.
  for (const keys of ['task.fe', '\t', '.bod', '\t', '\n', 'flo', '\t', '2.5)', '\n', '7 + nothing.x', '\t', '\n']) {
    fake.stdin.write(keys);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  fake.stdin.end();
  await ended;
  expect(fake.stdout()).toBe('1\n2\n');
});
