import { describe, expect, it } from 'vitest';
import { checkNames } from './names.ts';
import type { Outline } from './outline.ts';
import { readRehearsals } from './read.ts';

const outline: Outline = {
  tasks: ['build', 'deploy'],
  allTasks: new Set(['build', 'deploy', 'inner']),
  leadsToTask: (path) => path === 'build' || path === 'deploy/inner',
  workflows: new Set(),
  workflowsByName: new Map([['w', new Set(['w'])]]),
  withTimeout: new Set(),
  outputs: new Map(),
  isOpen: false,
};

function check(text: string, of: Outline = outline): unknown[] {
  const { rehearsals, document } = readRehearsals(`name: n\nworkflow: w.yaml\n${text}`);
  const [rehearsal] = rehearsals;
  if (rehearsal === undefined) throw new Error('the rehearsal is not valid');
  return checkNames(rehearsal, of, document).map(({ code, line, column, message, suggestion }) => [
    code,
    `${String(line)}:${String(column)}`,
    suggestion ?? message,
  ]);
}

describe('checkNames', () => {
  it('knows the tasks of the workflow, and for mocks and inputs those of its sub-workflows', () => {
    expect(
      check('mocks: [{ task: inner }]\nexpect: { tasks: [build], inputs: { inner: {} }, errors: [{ task: null }] }'),
    ).toEqual([]);
    expect(check('mocks: [{ task: deploy/inner }, { workflow: w }]\nexpect: { inputs: { deploy/inner: {} } }')).toEqual(
      [],
    );
  });

  it.each([
    ['mocks: [{ task: buil }]', '3:17', 'build'],
    ['expect: { tasks: [build, deplyo] }', '3:26', 'deploy'],
    ['expect: { tasks_unordered: [deplyo] }', '3:29', 'deploy'],
    [
      'expect: { statuses: { inner: failed } }',
      '3:23',
      "The workflow w.yaml has no task 'inner'; it has build, deploy.",
    ],
    ['expect: { executions: { buil: 1 } }', '3:25', 'build'],
    ['expect: { attempts: { buil: 1 } }', '3:23', 'build'],
    ['expect: { results: { buil: 1 } }', '3:22', 'build'],
    ['expect: { items: { buil: {} } }', '3:20', 'build'],
    ['expect: { inputs: { iner: 1 } }', '3:21', 'inner'],
    ['expect: { errors: [{ task: buil }] }', '3:28', 'build'],
    ['expect: { terminal: [buil] }', '3:22', 'build'],
    ['mocks: [{ task: build/inner }]', '3:17', 'The workflow w.yaml has no task'],
    ['rerun: { from: [buil] }', '3:17', 'build'],
    ['rerun: { from: buil }', '3:16', 'build'],
    ['rerun: [{ mocks: [{ task: buil }] }]', '3:27', 'build'],
    ['rerun: { expect: { tasks: [buil] } }', '3:28', 'build'],
  ])('finds the name that is none in %s', (text, place, advice) => {
    expect(check(text)).toEqual([['HEDDLE_UNKNOWN_TASK', place, expect.stringContaining(advice)]]);
  });

  it('knows the workflows that are there', () => {
    expect(check('mocks: [{ workflow: v }]')).toEqual([
      ['HEDDLE_REHEARSAL', '3:21', "No workflow here is called 'v'; there is w."],
    ]);
  });

  it('cannot know the tasks of a workflow that is named while it runs', () => {
    expect(check('mocks: [{ task: any }]\nexpect: { inputs: { any: 1 } }', { ...outline, isOpen: true })).toEqual([]);
  });
});
