import { describe, expect, it } from 'vitest';
import { resultProblems } from './result-check.ts';

const response = {
  type: 'object',
  required: ['status', 'body'],
  properties: { status: { type: 'integer', default: 200 }, body: {}, required: { type: 'boolean' } },
};

describe('resultProblems', () => {
  it('finds what the action cannot give', () => {
    expect(resultProblems(response, 'ok')).toEqual(["the result must be a mapping, found 'ok' (string)"]);
    expect(resultProblems(response, { status: 'fine', body: null, required: 1 })).toEqual([
      "result 'status' must be an integer, found 'fine' (string)",
      "result 'required' must be a boolean, found 1 (number)",
    ]);
  });

  it('does not miss what is left out, and adds nothing', () => {
    const result = { body: 'x' };
    expect(resultProblems(response, result)).toEqual([]);
    expect(result).toEqual({ body: 'x' });
  });

  it('takes what fits several branches once they ask for nothing', () => {
    const branch = (name: string): object => ({ type: 'object', required: [name], properties: { [name]: {} } });
    expect(resultProblems({ oneOf: [branch('a'), branch('b')] }, { c: 1 })).toEqual([]);
    expect(resultProblems({ oneOf: [branch('a'), branch('b')] }, 5)).not.toEqual([]);
  });
});
