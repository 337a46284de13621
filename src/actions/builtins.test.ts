import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { BUILTIN_ACTIONS } from './builtins.ts';
import { createRegistry } from './registry.ts';
import { failureOf, callAction } from './testing/action-context.ts';

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string; readonly default?: unknown }>>;
  readonly required?: readonly string[];
}

describe('built-in actions', () => {
  test('are these', () => {
    expect(createRegistry(BUILTIN_ACTIONS).names().join(' ')).toBe(
      'approval.request core.assert core.echo core.fail core.log core.noop core.set core.sleep csv.parse ' +
        'file.append file.exists file.glob file.read_json file.read_lines file.read_text file.write_json file.write_text ' +
        'http.delete http.get http.patch http.post http.put http.request json.parse shell.run template.render wait.signal wait.until workflow.run',
    );
  });

  test.each(BUILTIN_ACTIONS.map((action) => [action.name, action] as const))('%s is described in full', (_, action) => {
    expect(action.description).toMatch(/^[A-Z]/);
    const { properties = {}, required = [] } = (action.input ?? {}) as ObjectSchema;
    for (const [name, { description, default: standard }] of Object.entries(properties)) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(`${name}: ${description ?? ''}`).toMatch(/: \S/);
      expect([name, standard !== undefined && required.includes(name)]).toEqual([name, false]);
    }
  });

  test.each(
    BUILTIN_ACTIONS.filter((action) => action.input !== undefined).map((action) => [action.name, action] as const),
  )('the schemas of %s are strictly valid', (_, { input = {}, output = {} }) => {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
    expect(ajv.validateSchema(input)).toBe(true);
    expect(typeof ajv.compile(input)).toBe('function');
    expect(typeof ajv.compile(output)).toBe('function');
  });

  test('workflow.run is not for calling', async () => {
    expect(await failureOf(() => callAction('workflow.run', { workflow: './x.yaml' }))).toMatchObject({
      code: 'HEDDLE_INTERNAL',
    });
  });
});
