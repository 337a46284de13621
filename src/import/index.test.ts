import { describe, expect, test } from 'vitest';
import { engineOf, ENGINES } from './index.ts';

describe('engineOf', () => {
  test.each([
    ['version: 1.0\ntasks:\n  a:\n    next:\n      - when: <% succeeded() %>\n', 'orquesta'],
    ["version: '1.0'\ninput:\n  - a\ntasks:\n  a:\n", 'orquesta'],
    ['version: 1.0 # of the language\nvars:\n  - a: 1\ntasks:\n  a:\n', 'orquesta'],
    ['version: 1.0\ntasks:\n  a:\n    with: "{{ ctx(xs) }}"\n', 'orquesta'],
    ['version: 1.0\ntasks:\n  a:\n    action: core.echo message="hi"\n', 'orquesta'],
    ['version: 1.0\nname: own\ntasks:\n  a: { action: core.echo, input: { message: << 1 >> } }\n', undefined],
    ['version: 1.0.0\ninput:\n  - a\n', undefined],
    ['name: own\ntasks:\n  - name: a\n    when: <% succeeded() %>\n', undefined],
    ['', undefined],
  ])('%j: %s', (text, engine) => {
    expect(engineOf(text)).toBe(engine);
  });

  test('gives an engine that can be loaded', async () => {
    const importer = await ENGINES.orquesta?.load();
    expect(importer?.('version: 1.0\ntasks:\n  a:\n', { file: 'x/some.yml' }).text).toBe(
      'name: some\n\ntasks:\n  - name: a\n',
    );
  });
});
