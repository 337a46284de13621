import { describe, expect, it } from 'vitest';
import { defineAction } from '../actions/define-action.ts';
import { WorkflowError } from '../workflow/index.ts';
import { Executor } from './executor.ts';
import { checkWorkflow, defineWorkflow, parseWorkflow } from './load-workflow.ts';

const greet = defineAction({ name: 'demo.greet', run: ({ who }: { who: string }) => `Hello, ${who}` });
const text = 'tasks: [{ name: hi, action: demo.greet, input: { who: you } }]\noutput: { said: << task.hi >> }\n';
const object = {
  tasks: [{ name: 'hi', action: 'demo.greet', input: { who: 'you' } }],
  output: { said: '<< task.hi >>' },
};

describe('actions of an executor', () => {
  it.each([
    ['text', () => parseWorkflow(text)],
    ['an object', () => defineWorkflow(object)],
  ])('are known to a workflow from %s that was loaded without them', async (_, load) => {
    const result = await new Executor({ actions: [greet] }).run(load());
    expect(result.output).toEqual({ said: 'Hello, you' });
  });

  it('that nobody knows are an error when the workflow is run', async () => {
    const running = new Executor().run(parseWorkflow(text));
    await expect(running).rejects.toBeInstanceOf(WorkflowError);
    await expect(running).rejects.toMatchObject({ code: 'HEDDLE_UNKNOWN_ACTION' });
    const other = defineAction({ name: 'demo.great', run: () => 1 });
    await expect(new Executor({ actions: [other] }).run(parseWorkflow(text))).rejects.toMatchObject({
      diagnostics: [{ suggestion: 'demo.great', line: 1, column: 29 }],
    });
  });

  it('are checked at once where they are given when loading', () => {
    expect(() => parseWorkflow(text, { actions: [] })).toThrow(WorkflowError);
    expect(checkWorkflow(text)).toMatchObject([{ code: 'HEDDLE_UNKNOWN_ACTION', severity: 'error' }]);
  });
});

describe('an executor', () => {
  it('rejects parameters that do not fit', async () => {
    const workflow = parseWorkflow('parameters: { number: { type: integer } }\ntasks: [{ name: a }]\n');
    await expect(new Executor().run(workflow, { number: 'x' })).rejects.toMatchObject({ code: 'HEDDLE_PARAMETERS' });
    expect(() => new Executor().start(workflow, { numbr: 1 })).toThrow(
      "there is no parameter 'numbr'; did you mean 'number'?",
    );
  });

  it('gives env() what it was given, by name or by value', async () => {
    process.env['HEDDLE_TEST_VALUE'] = 'from the process';
    const workflow = parseWorkflow("tasks: [{ name: a }]\noutput: { v: << env('HEDDLE_TEST_VALUE') ?? 'none' >> }\n");
    const value = async (env?: readonly string[] | Record<string, string>): Promise<unknown> =>
      (await new Executor(env === undefined ? {} : { env }).run(workflow)).output['v'];
    expect(await value(['HEDDLE_TEST_VALUE', 'HEDDLE_TEST_NOT_SET'])).toBe('from the process');
    expect(await value({ HEDDLE_TEST_VALUE: 'given' })).toBe('given');
    expect(await value()).toBe('none');
    delete process.env['HEDDLE_TEST_VALUE'];
  });
});
