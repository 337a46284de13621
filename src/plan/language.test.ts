import { beforeAll, describe, expect, it } from 'vitest';
import { WorkflowContext } from '../context/index.ts';
import { installLanguage } from './language.ts';

beforeAll(installLanguage);

describe('the language of contexts outside a run', () => {
  it('goes on after more expressions than it remembers', () => {
    const context = WorkflowContext.create({ variables: { n: 1 } });
    for (let round = 0; round < 2; round++) {
      for (let k = 0; k < 1100; k++) expect(context.evaluate(`n + ${String(k)}`)).toBe(k + 1);
    }
  });

  it('reads what a later version published, with the same expression', () => {
    const before = WorkflowContext.create();
    expect(before.evaluate('fresh ?? "none"')).toBe('none');
    expect(before.publish({ fresh: 1 }).evaluate('fresh ?? "none"')).toBe(1);
    expect(before.withResult('late', { x: 2 }).evaluate('task.late.x')).toBe(2);
    expect(before.evaluate('fresh ?? "none"')).toBe('none');
  });

  it.each([
    ['1 +', 'HEDDLE_EXPRESSION_SYNTAX'],
    ['', 'HEDDLE_EXPRESSION_SYNTAX'],
    ['uper("x")', 'HEDDLE_UNKNOWN_FUNCTION'],
    ['upper()', 'HEDDLE_ARGUMENTS'],
    ['result()', 'HEDDLE_UNKNOWN_FUNCTION'],
    ['system.runid', 'HEDDLE_UNKNOWN_NAME'],
    ['gone', 'HEDDLE_MISSING'],
    ['1 / 0', 'HEDDLE_EXPRESSION_VALUE'],
    ['1 + "a"', 'HEDDLE_EXPRESSION_TYPE'],
    ['<< 1 >> + << 2 >>', 'HEDDLE_EXPRESSION_SYNTAX'],
  ])('%s: %s', (expression, code) => {
    const context = WorkflowContext.create();
    for (let time = 0; time < 2; time++) {
      expect(() => context.evaluate(expression)).toThrow(expect.objectContaining({ code }) as Error);
    }
  });

  it.each([
    ['<< 1', 'HEDDLE_TEMPLATE_UNCLOSED'],
    [{ deep: ['<< 1 + >>'] }, 'HEDDLE_EXPRESSION_SYNTAX'],
    ['{{#if x}}', 'HEDDLE_EXPRESSION_SYNTAX'],
  ])('render %j: %s', (template, code) => {
    expect(() => WorkflowContext.create().render(template)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
