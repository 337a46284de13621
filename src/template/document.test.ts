import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeList, STANDALONE_NAMES, StandaloneScope, type Names } from '../expression/index.ts';
import { compileValue } from './compiled-value.ts';
import { render, renderHandlebars } from './render.ts';

/** Names as a workflow has them. */
const names: Names = {
  bind(root, path) {
    if (root === 'task') {
      return path[0] === 'fetch'
        ? { code: 's.fetch', consumed: 1, noun: 'result', selfFields: ['result', 'data'] }
        : { problem: 'HEDDLE_UNKNOWN_TASK', message: `no task ${path[0]}`, at: 1, suggestion: 'task.fetch' };
    }
    if (root === 'item' || root === 'users') return { code: `s.${root}`, consumed: 0, noun: root };
    return { problem: 'HEDDLE_UNKNOWN_NAME', message: `no ${root}`, at: 0 };
  },
  bindCall: (name, literals) =>
    name === 'status'
      ? literals[0] === 'gone'
        ? { problem: 'HEDDLE_UNKNOWN_TASK', message: 'no task gone', at: 0 }
        : {
            minArguments: 1,
            maxArguments: 1,
            call: (scope: { state: string }, task: unknown) => `${String(task)}:${scope.state}`,
          }
      : name === 'failed'
        ? { minArguments: 0, maxArguments: 0, call: () => false }
        : undefined,
  calls: ['status', 'failed'],
};
const problems = (text: string): unknown[] =>
  compileValue({ a: text }, names).problems.map(({ code, start, end, suggestion, path }) => {
    expect(path).toEqual(['a']);
    return [code, text.slice(start, end), suggestion];
  });
const run = (text: string, scope: object): unknown => compileValue(text, names).render(scope);

describe('Handlebars documents', () => {
  it('render blocks, partials and functions over the names of the scope', () => {
    const text =
      '{{#*inline "row"}}<{{name}}>{{/inline}}{{#each users}}{{> row}}{{@index}} {{upper name}}{{#unless @last}}, {{/unless}}{{/each}}';
    expect(run(text, { users: [{ name: 'a' }, { name: 'b' }] })).toBe('<a>0 A, <b>1 B');
    expect(
      run('{{#with item}}{{../users.length}}{{x}}{{/with}}{{#if task.fetch.ok}}y{{else}}n{{/if}}', {
        item: { x: 1 },
        users: [1],
        fetch: { ok: [] },
      }),
    ).toBe('11n');
    expect(run('{{#each users as |u i|}}{{u.n}}{{i}}{{@root.item}} {{/each}}', { users: [{ n: 'a' }], item: 7 })).toBe(
      'a07 ',
    );
    expect(run('{{#users}}{{this}}{{/users}}{{^users}}none{{/users}}', { users: [1, 2] })).toBe('12');
  });

  it('keep << >> as heddle expressions, with their text form and escapes', () => {
    const text =
      'a << item.xs >> {{#each users}}<< length(users) >>/{{this}} {{/each}}\\<< {{!-- << item >> --}}{{lookup users 1}}';
    expect(run(text, { item: { xs: [1, { b: null }] }, users: [5, 6] })).toBe('a [1,{"b":null}] 2/5 2/6 << 6');
  });

  it('show objects as JSON and null as nothing, unescaped', () => {
    expect(run('{{#if true}}{{item}}|{{users}}{{/if}}', { item: { a: '<b>' }, users: null })).toBe('{"a":"<b>"}|');
  });

  it('call functions; without arguments a field of that name goes first', () => {
    expect(
      run('{{#each users}}{{status}},{{first}};{{/each}}{{status "fetch"}} {{join (map users "status") "+"}}', {
        users: [{ status: 'up', first: 'F' }],
        state: 'ok',
      }),
    ).toBe('up,F;fetch:ok up');
    expect(run('{{#failed}}bad{{else}}good{{/failed}}{{#if (failed)}}bad{{/if}}{{failed}}', {})).toBe('goodfalse');
    expect(
      run('{{#filter users "ok"}}{{n}}{{/filter}}', {
        users: [
          { ok: true, n: 1 },
          { ok: false, n: 2 },
        ],
      }),
    ).toBe('1');
  });

  it('read results of tasks through .result and .data', () => {
    expect(run('{{#if true}}{{task.fetch.data.n}}{{/if}}', { fetch: { n: 3 } })).toBe('3');
    expect(run('{{#each task.fetch.result}}{{this}}{{/each}}{{task.fetch.length}}', { fetch: [1, 2] })).toBe('122');
    expect(run('{{#if true}}{{task.fetch.result}}{{/if}}', { fetch: 'x' })).toBe('x');
    expect(run('{{#if true}}{{task.fetch.result}}{{/if}}', {})).toBe('');
  });

  it('iterate over ranges, sets and maps', () => {
    const data = { r: new RangeList(0, 3, 1), s: new Set(['x']), m: new Map([['k', 1]]) };
    expect(
      renderHandlebars(
        '{{#each r}}{{this}}{{/each}}{{#each s}}{{this}}{{/each}}{{#each m}}{{@key}}={{this}}{{/each}}',
        data,
      ),
    ).toBe('012xk=1');
  });

  it.each<[string, unknown[]]>([
    [
      '{{#if a}}{{nope.x}}{{/if}}',
      [
        ['HEDDLE_UNKNOWN_NAME', 'a', undefined],
        ['HEDDLE_UNKNOWN_NAME', 'nope.x', undefined],
      ],
    ],
    ['{{#each users}}{{anything}}{{../gone}}{{/each}}', [['HEDDLE_UNKNOWN_NAME', '../gone', undefined]]],
    ['x\n{{#each task.fetsch}}{{/each}}', [['HEDDLE_UNKNOWN_TASK', 'task.fetsch', 'task.fetch']]],
    ['{{#if (uper item)}}{{/if}}', [['HEDDLE_UNKNOWN_FUNCTION', 'uper', 'upper']]],
    ['{{#if item}}{{lower item item}}{{/if}}', [['HEDDLE_ARGUMENTS', 'lower', undefined]]],
    ['{{#if (status "gone")}}{{/if}}', [['HEDDLE_UNKNOWN_TASK', '"gone"', undefined]]],
    ['{{> row}}', [['HEDDLE_EXPRESSION_SYNTAX', 'row', undefined]]],
    ['{{#if << item >> }}x{{/if}}', [['HEDDLE_EXPRESSION_SYNTAX', '<< item >>', undefined]]],
    ['{{#each users}}\n{{/if}}', [['HEDDLE_EXPRESSION_SYNTAX', 'e', undefined]]],
    ['a\n{{#each users}} b', [['HEDDLE_EXPRESSION_SYNTAX', '', undefined]]],
    ['{{#if item}} << item = 1 >>{{/if}}', [['HEDDLE_EXPRESSION_SYNTAX', '=', '==']]],
  ])('%j: problems', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  it('list references and calls', () => {
    const { references, calls } = compileValue(
      '{{#each users}}{{name}}{{status "fetch"}}{{/each}}{{task.fetch.body}}<< item.x >>',
      names,
    );
    expect(references.map(({ root, path, guarded }) => [root, path, guarded])).toEqual([
      ['item', ['x'], false],
      ['users', [], true],
      ['task', ['fetch', 'body'], true],
    ]);
    expect(calls).toMatchObject([{ name: 'status', literals: ['fetch'] }]);
  });

  it('say what failed while rendering', () => {
    expect(() => run('{{#each item}}{{/each}}', { item: 5 })).toThrow(
      expect.objectContaining({ code: 'HEDDLE_EXPRESSION_TYPE', valuePath: [] }),
    );
    expect(() => render('{{#if (upper x)}}{{/if}}', { x: 5 })).toThrow(
      expect.objectContaining({ code: 'HEDDLE_EXPRESSION_TYPE', start: 0 }),
    );
    expect(() => render('{{#each xs}}<< gone >>{{/each}}', { xs: [] })).toThrow(
      expect.objectContaining({ code: 'HEDDLE_MISSING', start: 15, end: 19 }),
    );
    expect(() => renderHandlebars('{{#with}}{{/with}}', {})).toThrow(
      expect.objectContaining({ code: 'HEDDLE_TEMPLATE_RENDER' }),
    );
  });

  it('parse any text without throwing', () => {
    const token = fc.constantFrom(
      '{{#if a}}',
      '{{/if}}',
      '{{',
      '}}',
      '<< a >>',
      '{{else}}',
      '{{> p}}',
      '"',
      ' a ',
      '\n',
      '~',
      '{{!--',
      '--}}',
      '\\',
      '{{{',
      '|',
      '.',
      '..',
      '/',
      '@',
      '(',
      ')',
      '😀',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const text = `{{#if a}}${tokens.join('')}`;
        const compiled = compileValue(text, STANDALONE_NAMES);
        for (const { start, end } of compiled.problems)
          expect(start >= 0 && start <= end && end <= text.length).toBe(true);
        if (compiled.problems.length === 0)
          expect(typeof compiled.render(new StandaloneScope({ a: 1 }))).toBe('string');
      }),
      { numRuns: 300 },
    );
  });
});

describe('renderHandlebars', () => {
  it('escapes where it is asked to, and leaves << alone', () => {
    expect(renderHandlebars('{{x}} {{{x}}} << x >>', { x: '<b>' })).toBe('<b> <b> << x >>');
    expect(renderHandlebars('{{x}} {{{x}}} << x >>', { x: '<b>' }, { escape: 'html' })).toBe('&lt;b&gt; <b> << x >>');
  });

  it('sees own data only', () => {
    expect(renderHandlebars('{{constructor.name}}{{x.constructor}}{{x.toString}}{{__proto__}}', { x: {} })).toBe('');
  });

  it('asks ports for the outside world', () => {
    const ports = { now: () => 0, random: () => 0, uuid: () => 'u', sha256: () => 'h' };
    expect(renderHandlebars('{{now}} {{uuid}}', {}, { ports })).toBe('1970-01-01T00:00:00.000Z u');
  });

  it('throws where the document cannot be parsed', () => {
    expect(() => renderHandlebars('{{#if a}}', {})).toThrow(
      expect.objectContaining({ code: 'HEDDLE_EXPRESSION_SYNTAX' }),
    );
  });
});
