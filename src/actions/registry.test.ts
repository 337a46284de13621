import { describe, expect, test } from 'vitest';
import { BUILTIN_ACTIONS } from './builtins.ts';
import { defineAction } from './define-action.ts';
import { createRegistry } from './registry.ts';

const action = (name: string) => defineAction({ name, run: () => name });

describe('createRegistry', () => {
  test('finds actions and lists them by name', () => {
    const [b, a] = [action('x.b'), action('x.a')];
    const registry = createRegistry([b, a]);
    expect(registry.get('x.a')).toBe(a);
    expect([registry.has('x.b'), registry.has('x.c')]).toEqual([true, false]);
    expect(registry.get('x.c')).toBeUndefined();
    expect(registry.get('constructor')).toBeUndefined();
    expect(registry.names()).toEqual(['x.a', 'x.b']);
    expect(registry.list()).toEqual([a, b]);
  });

  test('an error names where both actions of one name come from', () => {
    const registry = createRegistry([action('x.a')], 'heddle');
    expect(() => registry.register(action('x.a'), 'actions.ts')).toThrow(
      expect.objectContaining({
        code: 'HEDDLE_ACTION_INVALID',
        message: "Two actions are called 'x.a': one from heddle, one from actions.ts. Rename one of them.",
      }),
    );
  });

  test('the same action may be registered again', () => {
    const once = action('x.a');
    const registry = createRegistry([once]);
    registry.register(once, 'actions.ts');
    expect(registry.list()).toEqual([once]);
  });

  test('refuses what is no action', () => {
    const nameless = { run: () => null } as unknown as ReturnType<typeof action>;
    expect(() => createRegistry([nameless])).toThrow("An action needs a 'name'");
  });

  test.each([
    ['http.gett', 'http.get'],
    ['read_json', 'file.read_json'],
    ['file.readjson', 'file.read_json'],
    ['kubernetes.apply', undefined],
    ['parse', undefined],
  ])('for %s suggests %s', (name, expected) => {
    expect(createRegistry(BUILTIN_ACTIONS).suggest(name)).toBe(expected);
  });

  test('an empty registry suggests nothing', () => {
    expect(createRegistry().suggest('http.get')).toBeUndefined();
  });
});
