import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import { MemoryJournal } from '../journal/index.ts';
import { Executor } from './executor.ts';
import { parseWorkflow } from './load-workflow.ts';

/** Runs a workflow with one task over items, then one item of it again; the elements that were asked for each time. */
class Items {
  readonly journal = new MemoryJournal();
  readonly asked: unknown[] = [];
  /** Elements for which the action fails. */
  readonly failing = new Set<unknown>();
  readonly #executor: Executor;
  readonly #text: string;

  constructor(lines: string) {
    this.#text = `
vars: { hosts: { one: 1, two: 2, three: 3 } }
tasks:
  - name: first
    action: test.list
  - name: each
    action: test.step
    on-item-failure: continue
    ${lines}
    input: { item: << item >> }
  - { name: after, action: core.echo, input: { message: << length(task.each) >> } }
output: { results: << task.each >>, after: << task.after >> }
`;
    const step = defineAction({
      name: 'test.step',
      run: ({ item }: Record<string, unknown>): unknown => {
        this.asked.push(item);
        if (this.failing.has(item)) throw new Error(`no ${JSON.stringify(item)}`);
        return JSON.stringify(item);
      },
    });
    const list = defineAction({ name: 'test.list', run: () => new Set(['x', 'y', 'z']) });
    this.#executor = new Executor({ journal: this.journal, actions: [step, list] });
  }

  async run(): Promise<string> {
    const { id } = await this.#executor.run(parseWorkflow(this.#text));
    this.asked.length = 0;
    this.failing.clear();
    return id;
  }

  /** Both ways: in the run itself, and in a fork of it. */
  async again(id: string, key: unknown): Promise<unknown[]> {
    const fork = await this.#executor.fork(id, { task: 'each', item: key });
    const forked = await fork.result;
    const run = await this.#executor.resume(id, { rerun: { from: 'each', key } });
    const { output } = await run.result;
    expect(forked.output).toEqual(output);
    expect(output).toMatchObject({ after: (output as { results: unknown[] }).results.length });
    return this.asked.splice(0);
  }
}

test.each<[string, string, unknown, unknown]>([
  ['a list, by its key', "with-items: << ['a', 'b', 'c'] >>\n    key: item + '!'", 'b!', 'b'],
  ['a list, by its index', "with-items: << ['a', 'b', 'c'] >>", 2, 'c'],
  ['an object, by its key', 'with-items: << hosts >>\n    key: item.value * 10', 20, { key: 'two', value: 2 }],
  ['an object, by the name of a field', 'with-items: << hosts >>', 'three', { key: 'three', value: 3 }],
  ['an object, by its index', 'with-items: << hosts >>', 0, { key: 'one', value: 1 }],
  ['a range, by its key', 'with-items: << range(10, 2000) >>\n    key: item * 2', 3000, 1500],
  ['a range, by its index', 'with-items: << range(10, 20) >>', 3, 13],
  ['batches, by their key', 'with-items: << range(0, 10) >>\n    batch-size: 4\n    key: item[0]', 4, [4, 5, 6, 7]],
])('an item of %s runs again alone', async (_, lines, key, element) => {
  const items = new Items(lines);
  const id = await items.run();
  expect(await items.again(id, key)).toEqual([element, element]);
});

test('an item of an iterable or a file is found by the key that it failed with', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'heddle-rerun-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = path.join(directory, 'lines.txt');
  await writeFile(file, 'x\ny\nz\n');
  for (const source of ['<< task.first >>', `{ from: file, path: '${file}', format: lines }`]) {
    const items = new Items(`with-items: ${source}\n    key: item + '!'`);
    items.failing.add('y');
    const id = await items.run();
    expect(await items.again(id, 'y!')).toEqual(['y', 'y']);
    await expect(items.again(id, 'x!')).rejects.toThrow('only those are found by key that failed');
  }
});

test('an item that is not there is an error', async () => {
  const items = new Items('with-items: << hosts >>');
  const id = await items.run();
  await expect(items.again(id, 'four')).rejects.toMatchObject({ code: 'HEDDLE_RERUN' });
  await expect(items.again(id, 'four')).rejects.toThrow('task \'each\' has no item of key "four"');
});
