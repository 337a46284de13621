export { lintWorkflow, RULE_NAMES, type LintOptions } from './lint.ts';
export { ruleName, type LintLevel } from './rule.ts';
export { RULES } from './rules/index.ts';
