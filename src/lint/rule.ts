import type { ErrorCode } from '../errors/index.ts';
import type { Plan } from '../plan/index.ts';
import type { Finding, Place, TaskDefinition, WorkflowDefinition, YamlDocument } from '../workflow/index.ts';
import type { Reading } from './reading.ts';

/** The code of a rule. */
export type LintCode = Extract<ErrorCode, `HEDDLE_LINT_${string}`>;

/** How much a finding of a rule counts. */
export type LintLevel = 'off' | 'warning' | 'error';

/** A valid workflow, as rules look at it. */
export interface LintedWorkflow {
  readonly definition: WorkflowDefinition;
  readonly document: YamlDocument;
  readonly plan: Plan;
  /** What its templates and expressions read. */
  readonly reading: Reading;
  /** Whether an action reaches out of the process: to the network, files, other programs. */
  readonly isIo: (action: string) => boolean;
}

/** Reports what a rule found; its code and severity are the rule's. */
export type LintReport = (finding: Omit<Finding, 'code' | 'severity'>, place: Place) => void;

/** Something that is worth looking at in a workflow that is valid. */
export interface Rule {
  readonly code: LintCode;
  /** Where the configuration says nothing else. */
  readonly level: LintLevel;
  readonly check: (workflow: LintedWorkflow, report: LintReport) => void;
}

/** The name of a rule in comments, in the configuration and of its page: `retry-delay`. */
export function ruleName({ code }: Pick<Rule, 'code'>): string {
  return code
    .replace(/^HEDDLE_LINT_/, '')
    .toLowerCase()
    .replaceAll('_', '-');
}

/** A rule that looks at one task after another. */
export function taskRule(
  code: LintCode,
  level: LintLevel,
  check: (task: TaskDefinition, workflow: LintedWorkflow, report: LintReport) => void,
): Rule {
  return {
    code,
    level,
    check: (workflow, report) => {
      for (const task of workflow.definition.tasks) check(task, workflow, report);
    },
  };
}
