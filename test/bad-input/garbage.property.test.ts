import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  checkWorkflow,
  evaluate,
  Executor,
  HeddleError,
  parseWorkflow,
  render,
  WorkflowError,
} from '../../src/index.ts';
import { ERROR_CATALOGUE } from '../../src/errors/index.ts';
import { randomExpression, randomValues } from '../../src/expression/testing/random-expression.ts';
import { lineCount } from './lines.ts';

// Hundreds of workflows in each test, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const root = path.resolve(import.meta.dirname, '../..');
const VALID = readdirSync(path.join(root, 'workflows'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(path.join(root, 'workflows', name), 'utf8'));

/** What has meaning somewhere: in YAML, in templates, in expressions, in JavaScript. */
const PIECES = [
  '<<', '>>', '{{', '}}', '{{#each', '{{/each}}', '{{>', '\\', '"', "'", '`', '${', '(', ')', '[', ']', '{', '}', ': ', ' #', ', ',
  '- ', '\n', '\n  ', '\t', '&a', '*a', '<<: *a', '!', '!!', '|', '>-', '%', '---', '...', '?.', '??', '|', '=>', '==', '=', 'not ', 'in ',
  'item', 'index', 'task', 'task.a', 'parameters', 'vars', 'result()', "status('a')", 'map(', 'x => ', 'name', 'tasks:', 'name: a',
  'action: core.echo', 'input:', 'with-items:', 'when:', 'next:', 'do:', 'publish:', 'join: all', 'needs:', 'retry:', 'aggregate:',
  '__proto__', 'constructor', 'prototype', 'toString', 'null', 'true', '1e999', '-0', '0x10', '.inf', '.nan', '~', '🧵', '\u2028', '\ufeff', '\ud800',
  '1', '9007199254740993', '/', '*', '%', '-', '.', ',', ';', '//', '/*', 'eval', 'this', 'process', 'require', 'import(', 'function', 'class', 'await',
]; // prettier-ignore

const soup = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    ),
    {
      maxLength: 30,
    },
  )
  .map((pieces) => pieces.join(''));

/** A valid workflow in which pieces were cut, doubled, moved or replaced. */
const mutated = fc
  .tuple(
    fc.constantFrom(...VALID),
    fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.oneof(fc.constant(''), soup, fc.constantFrom(...PIECES))), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, [at, length, put]) => {
      const start = at % (changed.length + 1);
      return changed.slice(0, start) + put + changed.slice(start + length);
    }, text),
  );

/** A workflow that is valid for the most part, and whose expressions find what they find. */
const running = fc
  .record({ values: randomValues, expressions: fc.array(randomExpression, { minLength: 8, maxLength: 8 }) })
  .map(({ values, expressions: [when, input, text, items, key, again, publish, output] }) =>
    JSON.stringify({
      // What templates would be is text here.
      vars: JSON.parse(
        JSON.stringify({ a: 0, b: 0, o: {}, xs: [], x: 1, nothing: null, constructor: [1], ...values }),
      ) as unknown,
      limits: { 'task-runs': 50 },
      tasks: [
        {
          name: 'one',
          action: 'core.echo',
          when: `<< ${when!} >>`,
          input: { message: `<< ${input!} >>` },
          next: [{ do: 'two' }],
        },
        {
          name: 'two',
          action: 'core.echo',
          'with-items': `<< ${items!} >>`,
          key: `<< ${key!} >>`,
          input: { message: `text << ${text!} >>` },
          retry: { count: 1, when: `<< ${again!} >>` },
          aggregate: { n: `count_by(${key!})`, s: `sum(${text!})`, t: `top(2, ${input!}, ${when!})` },
          next: [{ when: 'completed()', publish: { 'o.deep.b': `<< ${publish!} >>`, 'xs.1': 1 }, do: 'noop' }],
        },
        {
          name: 'three',
          action: 'core.echo',
          needs: ['two'],
          'task-timeout': `<< ${key!} >>`,
          delay: `<< 0 * (${again!}) >>`,
        },
      ],
      output: { all: `<< ${output!} >>`, vars: '<< vars >>' },
    }),
  );

const json = fc.jsonValue();

/** Passes what heddle threw if it is what it may throw. */
function expectHeddleError(error: unknown): asserts error is HeddleError {
  if (!(error instanceof HeddleError)) throw new Error(`not a HeddleError: ${String(error)}`, { cause: error });
  expect(Object.keys(ERROR_CATALOGUE)).toContain(error.code);
  expect(error.code).not.toBe('HEDDLE_INTERNAL');
  expect(error.message).not.toBe('');
}

function expectDiagnostics(text: string): boolean {
  const diagnostics = checkWorkflow(text);
  const lines = lineCount(text);
  for (const { code, message, line, column, endLine, endColumn, suggestion, hint } of diagnostics) {
    expect(Object.keys(ERROR_CATALOGUE)).toContain(code);
    expect(message).not.toBe('');
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(endLine > line || endColumn >= column).toBe(true);
    for (const advice of [suggestion, hint]) expect(['string', 'undefined']).toContain(typeof advice);
  }
  const isValid = !diagnostics.some((each) => each.severity === 'error');
  // The other two ways in agree.
  try {
    parseWorkflow(text, { actions: [] });
    expect(isValid).toBe(true);
  } catch (error) {
    expect(error).toBeInstanceOf(WorkflowError);
    expect(isValid).toBe(false);
  }
  return isValid;
}

describe('checkWorkflow says what is wrong with', () => {
  it('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void expectDiagnostics(text)));
  });

  it('pieces of workflows in any order', () => {
    fc.assert(
      fc.property(soup, (text) => void expectDiagnostics(text)),
      { numRuns: 300 },
    );
  });

  it('valid workflows with mistakes in them', () => {
    fc.assert(
      fc.property(mutated, (text) => void expectDiagnostics(text)),
      { numRuns: 300 },
    );
  });

  it('any JSON', () => {
    fc.assert(fc.property(json, (value) => void expectDiagnostics(JSON.stringify(value))));
  });

  it('a task with any value for any key', () => {
    const key = fc.constantFrom(
      'name', 'action', 'input', 'when', 'needs', 'next', 'join', 'with-items', 'as', 'key', 'batch-size', 'concurrency', 'rate', 'tolerate',
      'on-item-failure', 'results', 'aggregate', 'retry', 'timeout', 'task-timeout', 'delay', 'cache', 'raw', 'on-success', 'on-failure',
      'on-complete', 'on-timeout', 'publish', 'decision', 'constructor', 'with_items',
    ); // prettier-ignore
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(json, soup), { maxKeys: 5 }), (task) => {
        expectDiagnostics(JSON.stringify({ tasks: [{ name: 'a', ...task }, { name: 'b' }] }));
      }),
      { numRuns: 300 },
    );
  });

  it('any value for any key of the workflow', () => {
    const key = fc.constantFrom(
      'name', 'version', 'description', 'tags', 'parameters', 'vars', 'tasks', 'output', 'output-map', 'order', 'timeout', 'concurrency',
      'on-cancel', 'on-run-failure', 'limits', 'defaults', 'workflow', 'constructor',
    ); // prettier-ignore
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(json, soup), { maxKeys: 4 }), (workflow) => {
        expectDiagnostics(JSON.stringify({ tasks: [{ name: 'a' }], ...workflow }));
      }),
      { numRuns: 300 },
    );
  });
});

describe('evaluate and render throw nothing but HeddleErrors on', () => {
  const names = { item: { n: 1, list: [1, 'a', null] }, task: { a: {} }, parameters: { x: 'y' }, vars: {} };

  it('any expression', () => {
    fc.assert(
      fc.property(soup, (text) => {
        try {
          evaluate(text, names);
        } catch (error) {
          expectHeddleError(error);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('any template', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          soup.map((text) => `<< ${text} >>`),
          soup.map((text) => `{{#if item}}${text}{{/if}}`),
        ),
        (text) => {
          try {
            render({ deep: [text] }, names);
          } catch (error) {
            expectHeddleError(error);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('any names', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'x',
          'x.y',
          'x[0].y',
          'x + 1',
          'x == y',
          'x | map(e => e.y)',
          '{ a: x }.a',
          'string(x)',
          'sort(x)',
        ),
        fc.object(),
        (text, value) => {
          try {
            evaluate(text, value);
          } catch (error) {
            expectHeddleError(error);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('touch no prototype', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(
        fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'),
        fc.constantFrom('item', 'item.list', '"text"', '5', '[]', '{}', 'true'),
        (name, value) => {
          for (const text of [`(${value}).${name}`, `(${value})['${name}']`, name, `${name}()`]) {
            expect(() => evaluate(text, names)).toThrow(HeddleError);
          }
          expect(evaluate(`get(${value}, '${name}') ?? (${value})?.${name}`, names)).toBeNull();
          for (const text of [
            `merge({}, { ${name}: 1 })`,
            `{ ${name}: { polluted: 1 } }`,
            `pick({ ${name}: 1 }, ['${name}'])`,
          ]) {
            const made = evaluate(text, names) as object;
            expect([Object.keys(made), Object.getPrototypeOf(made)]).toEqual([[name], Object.prototype]);
          }
        },
      ),
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a run', () => {
  it('of whatever is valid ends, with its errors as data', async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(running, json, async (text, parameter) => {
        if (!expectDiagnostics(text)) return;
        const workflow = parseWorkflow(text, { actions: [] });
        const result = await new Executor().run(workflow, { parameter });
        runs++;
        expect(['succeeded', 'failed']).toContain(result.status);
        expect(result.status === 'failed').toBe(result.errors.some((error) => !error.handled));
        for (const { code, message } of result.errors) {
          expect(Object.keys(ERROR_CATALOGUE)).toContain(code);
          expect([code, message]).not.toEqual(['HEDDLE_INTERNAL', message]);
        }
      }),
      { numRuns: 300 },
    );
    expect(runs).toBeGreaterThan(20);
  });
});
