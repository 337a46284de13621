/**
 * The rehearsals of StackStorm Orquesta (Apache License 2.0) as abstract workflows: its fixtures' graphs, and what its
 * unit tests say must come out of them.
 */
import * as fixture from './orquesta-workflows.ts';
import type { ModelWorkflow, Script } from './workflow.ts';

/** One rehearsal: a workflow, what its actions do, and what must come out. */
export interface Rehearsal {
  readonly name: string;
  readonly workflow: ModelWorkflow;
  readonly script?: Script;
  /** Task names in any order; a number stands for `taskN`. */
  readonly sequence: readonly (number | string)[];
  /** Default `succeeded`. */
  readonly status?: 'failed' | 'running';
  readonly variables?: Readonly<Record<string, number | string>>;
  /** Tasks of the errors. */
  readonly errors?: readonly string[];
}

const FAILED = ['failed'] as const;
const SECOND_FAILS = ['succeeded', 'failed'] as const;
const greeting = 'Stanley, All your base are belong to us!';
const splitSequence = [1, 2, 3, 4, 4, 5, 5, 6, 6];

/** All 45; the tasks of a `with-items` fixture end as its items say, and a rerun is its first run. */
export const REHEARSALS: readonly Rehearsal[] = [
  { name: 'basic.test_sequential', workflow: fixture.sequential, sequence: [1, 2, 3], variables: { greeting } },
  { name: 'basic.test_branching', workflow: fixture.branching, sequence: [1, 2, 4, 3, 5] },
  { name: 'cycle.test_cycle', workflow: fixture.cycle, sequence: ['prep', 1, 2, 3, 1, 2, 3, 1, 2, 3] },
  {
    name: 'cycle.test_cycles',
    workflow: fixture.cycles,
    sequence: ['prep', 1, 2, 3, 4, 2, 5, 1, 2, 3, 4, 2, 5, 1, 2, 3, 4, 2, 5],
  },
  {
    name: 'cycle.test_cycle_retry',
    workflow: fixture.cycleRetry,
    script: { task1: ['failed', 'failed'] },
    sequence: ['init', 1, 1, 1, 2],
  },
  {
    name: 'error_handling.test_error_continue_success_path',
    workflow: fixture.errorContinue,
    sequence: [1, 2],
    variables: { message: fixture.WELL },
  },
  {
    name: 'error_handling.test_error_continue_failure_path',
    workflow: fixture.errorContinue,
    script: { task1: FAILED },
    sequence: [1],
    status: 'failed',
    variables: { message: fixture.ILL },
  },
  {
    name: 'error_handling.test_error_fail_success_path',
    workflow: fixture.errorFail,
    sequence: [1, 2],
    variables: { message: fixture.WELL },
  },
  {
    name: 'error_handling.test_error_fail_failure_path',
    workflow: fixture.errorFail,
    script: { task1: FAILED },
    sequence: [1, 3],
    status: 'failed',
    variables: { message: fixture.ILL },
  },
  { name: 'join.test_join', workflow: fixture.join, sequence: [1, 2, 4, 3, 5, 6, 7] },
  {
    name: 'join.test_join_no_inbound',
    workflow: fixture.join,
    script: { task3: FAILED, task5: FAILED },
    sequence: [1, 2, 4, 3, 5],
    status: 'failed',
  },
  {
    name: 'join.test_join_single_inbound_from_left',
    workflow: fixture.join,
    script: { task3: FAILED },
    sequence: [1, 2, 4, 3, 5],
    status: 'failed',
  },
  {
    name: 'join.test_join_single_inbound_from_right',
    workflow: fixture.join,
    script: { task5: FAILED },
    sequence: [1, 2, 4, 3, 5],
    status: 'failed',
  },
  {
    name: 'join.test_join_count_satisfied_with_branch_running',
    workflow: fixture.joinCount,
    script: { task6: ['running'] },
    sequence: [1, 2, 4, 6, 3, 5, 8],
    status: 'running',
  },
  {
    name: 'join.test_join_count_satisfied_with_branch_error_1',
    workflow: fixture.joinCount,
    script: { task6: FAILED },
    sequence: [1, 2, 4, 6, 3, 5, 8],
  },
  {
    name: 'join.test_join_count_satisfied_with_branch_error_2',
    workflow: fixture.joinCount,
    script: { task7: FAILED },
    sequence: [1, 2, 4, 6, 3, 5, 7, 8],
  },
  {
    name: 'join.test_join_count_not_satisfied',
    workflow: fixture.joinCount,
    script: { task5: FAILED, task7: FAILED },
    sequence: [1, 2, 4, 6, 3, 5, 7],
    status: 'failed',
    errors: ['task5', 'task7', 'task8'],
  },
  {
    name: 'join.test_join_count_not_satisfied_no_inbound',
    workflow: fixture.joinCount,
    script: { task3: FAILED, task5: FAILED, task7: FAILED },
    sequence: [1, 2, 4, 6, 3, 5, 7],
    status: 'failed',
    errors: ['task3', 'task5', 'task7'],
  },
  ...[
    { group: 'join_task_transition_on_completed', workflow: fixture.joinOnComplete },
    { group: 'join_all_complex', workflow: fixture.joinAllComplex },
  ].flatMap(({ group, workflow }) =>
    [
      { ends: 'both_branches_succeeded', script: {} },
      { ends: 'one_branch_failed', script: { task3: FAILED } },
      { ends: 'other_branch_failed', script: { task5: FAILED } },
      { ends: 'both_branches_failed', script: { task3: FAILED, task5: FAILED } },
    ].map(({ ends, script }) => ({
      name: `join.test_${group}_${ends}`,
      workflow,
      script,
      sequence: [1, 2, 4, 3, 5, 6, 7],
    })),
  ),
  {
    name: 'rerun.test_basic',
    workflow: fixture.sequential,
    script: { task2: FAILED },
    sequence: [1, 2],
    status: 'failed',
  },
  {
    name: 'rerun.test_fail_single_before_join',
    workflow: fixture.join,
    script: { task3: FAILED },
    sequence: [1, 2, 4, 3, 5],
    status: 'failed',
  },
  {
    name: 'rerun.test_fail_multiple_before_join',
    workflow: fixture.join,
    script: { task3: FAILED, task5: FAILED },
    sequence: [1, 2, 4, 3, 5],
    status: 'failed',
  },
  {
    name: 'rerun.test_fail_at_join',
    workflow: fixture.join,
    script: { task6: FAILED },
    sequence: [1, 2, 4, 3, 5, 6],
    status: 'failed',
  },
  {
    name: 'rerun.test_fail_cycle',
    workflow: fixture.cycle,
    script: { task3: SECOND_FAILS },
    sequence: ['prep', 1, 2, 3, 1, 2, 3],
    status: 'failed',
  },
  {
    name: 'rerun.test_fail_at_single_split',
    workflow: fixture.split,
    script: { task5: SECOND_FAILS },
    sequence: splitSequence,
    status: 'failed',
  },
  {
    name: 'rerun.test_fail_at_multiple_splits',
    workflow: fixture.split,
    script: { task5: SECOND_FAILS, task6: FAILED },
    sequence: splitSequence,
    status: 'failed',
  },
  { name: 'split.test_split', workflow: fixture.split, sequence: [...splitSequence, 7, 7] },
  { name: 'split.test_splits', workflow: fixture.splits, sequence: [1, 2, 3, 8, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8] },
  { name: 'split.test_splits_mixed', workflow: fixture.splitsMixed, sequence: [1, 2, 3, 3, 4, 4, 5, 5] },
  {
    name: 'split.test_splits_mixed_alt_branch',
    workflow: fixture.splitsMixed,
    script: { task3: SECOND_FAILS },
    sequence: [1, 2, 3, 3, 4, 4, 5, 5],
  },
  {
    name: 'split.test_splits_multiple_transition',
    workflow: fixture.splitsTransition,
    sequence: [1, 2, 3, 3, ...[4, 5, 6, 7].flatMap((task) => [task, task, task, task])],
  },
  { name: 'task_transition.test_no_error', workflow: fixture.errorHandling, sequence: [1, 2] },
  {
    name: 'task_transition.test_on_error',
    workflow: fixture.errorHandling,
    script: { task1: FAILED },
    sequence: [1, 3],
  },
  {
    name: 'task_transition.test_on_complete_from_succeeded_branch',
    workflow: fixture.taskOnComplete,
    sequence: [1, 2, 4],
  },
  {
    name: 'task_transition.test_on_complete_from_failed_branch',
    workflow: fixture.taskOnComplete,
    script: { task1: FAILED },
    sequence: [1, 3, 4],
  },
  { name: 'with_items.test_basic_items_list', workflow: fixture.itemsTransition, sequence: [1, 2] },
  {
    name: 'with_items.test_items_list_with_error',
    workflow: fixture.itemsTransition,
    script: { task1: FAILED },
    sequence: [1],
    status: 'failed',
  },
  {
    name: 'with_items.test_items_list_with_error_and_remediation',
    workflow: fixture.itemsRemediate,
    script: { task1: FAILED },
    sequence: [1, 2],
  },
];
