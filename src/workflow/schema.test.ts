import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { generateFiles } from '../../scripts/generate-schemas.ts';
import { readWorkflow } from './read.ts';
import type { TaskFile, WorkflowFile } from './schema.ts';
import { parseYaml } from './yaml.ts';

const files = await generateFiles();

describe('generated files', () => {
  it.each(Object.keys(files))(
    '%s is current (node --import jiti/register scripts/generate-schemas.ts)',
    async (path) => {
      expect(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(files[path]);
    },
  );

  it('the validator needs nothing at run time', () => {
    expect(files['src/workflow/generated/validate-workflow.js']).not.toMatch(/\brequire\(|\bimport\b|ajv\/|typebox/);
  });
});

describe('the schema for editors', () => {
  let accepts: (text: string) => boolean;
  beforeAll(() => {
    const ajv = new Ajv({ strict: false });
    const validate = ajv.compile(JSON.parse(files['schemas/workflow.schema.json'] ?? '') as object);
    accepts = (text) => validate(parseYaml(text).value);
  });

  it.each([
    'tasks: [{ name: a }]',
    'tasks: { a: { action: core.noop }, b: {} }',
    'workflow:\n  name: x\n  tasks: [{ name: a }]',
    'x-shared: &s { a: 1 }\ntasks: [{ name: a, input: *s }]',
    "tasks: [{ name: a, with-items: '<< range(0, 3) >>', concurrency: << parameters.parallel >>, timeout: << x >> }]",
    'tasks: [{ name: a, with_items: [1], batch_size: 2, on_item_failure: continue, task_timeout: 5, on_success: b }]',
    'on_cancel: finish\nlimits: { task_runs: 5, owned-bytes-per-item: 2KiB }\ntasks: [{ name: a, retry: { count: 1, max_delay: 1m } }]',
  ])('accepts %s', (text) => {
    expect(accepts(text)).toBe(true);
    expect(readWorkflow(text).diagnostics).toEqual([]);
  });

  it.each([
    'name: x',
    'tasks: 5',
    'tasks: [{ action: x }]',
    'tasks: [{ name: a, acton: x }]',
    'tasks: [{ name: a, timeout: 5 sec }]',
    'tasks: [{ name: a, concurrency: 0 }]',
    'order: random\ntasks: [{ name: a }]',
    'tasks: [{ name: a, retry: 3 }]',
  ])('refuses %s', (text) => {
    expect(accepts(text)).toBe(false);
    expect(readWorkflow(text).diagnostics).toHaveLength(1);
  });

  it('describes every key of a workflow and of a task', () => {
    const schema = JSON.parse(files['schemas/workflow.schema.json'] ?? '') as {
      properties: Record<string, { description?: string }>;
      $defs: { task: { properties: Record<string, { description?: string }> } };
    };
    const undescribed = [...Object.entries(schema.properties), ...Object.entries(schema.$defs.task.properties)]
      .filter(([, property]) => property.description === undefined)
      .map(([name]) => name);
    expect(undescribed).toEqual([]);
  });
});

describe('types', () => {
  it('follow the schema', () => {
    const file = {
      name: 'x',
      parameters: { region: { type: 'string', default: 'eu', required: true } },
      tasks: [
        { name: 'a', action: 'core.noop', 'with-items': [1, 2], concurrency: 2, retry: { count: 3, delay: '1s' } },
      ],
    } satisfies WorkflowFile;
    expect(file.name).toBe('x');
    expectTypeOf<TaskFile['name']>().toEqualTypeOf<string>();
    expectTypeOf<NonNullable<TaskFile['concurrency']>>().toEqualTypeOf<number | string>();
    expectTypeOf<NonNullable<TaskFile['on-item-failure']>>().toEqualTypeOf<'stop' | 'continue'>();
    // @ts-expect-error a task has no such key
    const wrong: TaskFile = { name: 'a', acton: 'x' };
    expect(wrong.name).toBe('a');
  });
});
