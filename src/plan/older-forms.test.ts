import { describe, expect, it } from 'vitest';
import { checkWorkflow } from '../node/load-workflow.ts';
import { runText } from '../executor/testing/run-text.ts';

const after = async (first: string): Promise<string[]> => {
  const names = ['a', 'b', 'c', 'd'];
  const text = `
tasks:
  - { name: first, ${first} }
${names.map((name) => `  - { name: ${name} }\n`).join('')}
`.replace(/, *}/g, ' }');
  const keep = `order: graph\n${text.trim()}\n`;
  const { tasks } = await runText(keep);
  return names.filter((name) => tasks[name]?.status === 'succeeded');
};

/** Tasks without an inbound edge start by themselves, so every form names all four. */
const rest = (...names: string[]): string => names.map((name) => `{ when: 1 > 2, do: ${name} }`).join(', ');

describe('older forms', () => {
  it('on-success, on-failure and on-complete', async () => {
    const form = 'on-success: a, on-failure: b, on-complete: [c], next: [' + rest('d') + ']';
    expect(await after(`action: core.noop, ${form}`)).toEqual(['a', 'c']);
    expect(await after(`action: core.fail, ${form}`)).toEqual(['b', 'c']);
  });

  it('on-success with conditions of its own', async () => {
    const form = `on-success: [{ when: 1 == 1, do: a }, { when: 1 == 2, do: b }], next: [${rest('c', 'd')}]`;
    expect(await after(`action: core.noop, ${form}`)).toEqual(['a']);
    expect(await after(`action: core.fail, on-failure: d, ${form.replace(", 'd'", '')}`)).toEqual(['d']);
  });

  it('decision: the first branch that holds wins', async () => {
    const form =
      'decision: [{ when: 1 == 2, next: a }, { when: 1 == 1, next: b }, { when: 1 == 1, next: c }, { default: true, next: d }]';
    expect(await after(`action: core.noop, ${form}`)).toEqual(['b']);
  });

  it('decision: the default where none does', async () => {
    const form =
      'decision: [{ when: 1 == 2, next: a }, { when: 1 == 2, next: b }, { when: 1 == 2, next: c }, { default: true, next: d }]';
    expect(await after(`action: core.noop, ${form}`)).toEqual(['d']);
  });

  it('a publish of the task itself', async () => {
    const text =
      'tasks: [{ name: a, action: core.set, input: { x: 1 }, publish: { y: << result().x >> } }]\noutput: { y: << y >> }\n';
    expect((await runText(text)).output).toEqual({ y: 1 });
  });

  it('an unknown name in a list within a string is marked itself', () => {
    const text = 'tasks:\n  - name: a\n    next: [{ do: "b, nope" }]\n  - { name: b }\n';
    expect(checkWorkflow(text)).toMatchObject([{ code: 'HEDDLE_UNKNOWN_TASK', line: 3, column: 22, endColumn: 26 }]);
  });
});
