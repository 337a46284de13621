import type { Plan } from '../plan/index.ts';
import { sortDiagnostics, type Diagnostic, type WorkflowDefinition, type YamlDocument } from '../workflow/index.ts';
import { readDirectives } from './directives.ts';
import { readingOf } from './reading.ts';
import { ruleName, type LintLevel } from './rule.ts';
import { RULES } from './rules/index.ts';

/** Options of {@link lintWorkflow}. */
export interface LintOptions {
  /** Levels by the name of a rule; the others have their own. */
  readonly levels?: Readonly<Record<string, LintLevel>>;
  /** Whether an action that is not built in reaches out of the process. Default: none does. */
  readonly isIo?: (action: string) => boolean;
}

const IO_NAMESPACES = /^(http|file|shell)\./;

/** Names of all rules. */
export const RULE_NAMES: readonly string[] = RULES.map(ruleName);

/**
 * What is worth looking at in a workflow that is valid: findings of the rules, but for those that comments in the file
 * or `levels` silence. In the order of the file.
 */
export function lintWorkflow(
  workflow: { readonly definition: WorkflowDefinition; readonly plan: Plan },
  document: YamlDocument,
  options: LintOptions = {},
): readonly Diagnostic[] {
  const { definition, plan } = workflow;
  const directives = readDirectives(document, RULE_NAMES);
  const isIo = (action: string): boolean => IO_NAMESPACES.test(action) || options.isIo?.(action) === true;
  const linted = { definition, plan, document, reading: readingOf(definition), isIo };
  const diagnostics: Diagnostic[] = [...directives.diagnostics];
  for (const rule of RULES) {
    const name = ruleName(rule);
    const severity = options.levels?.[name] ?? rule.level;
    if (severity === 'off') continue;
    rule.check(linted, (finding, place) => {
      const diagnostic = document.diagnose({ ...finding, code: rule.code, severity }, place);
      if (!directives.isSilenced(name, diagnostic.line)) diagnostics.push(diagnostic);
    });
  }
  return sortDiagnostics(diagnostics);
}
