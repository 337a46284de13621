export { deepFreeze, isDeepFrozen } from './freeze.ts';
export { NameTable } from './names.ts';
export {
  Outcome,
  type EndStatus,
  type ErrorRecord,
  type FailureGroup,
  type ItemFailure,
  type ItemsCost,
  type ItemsOutcome,
  type ItemStats,
} from './outcome.ts';
export type { Patch } from './patch.ts';
export { publishEntry, publishRecipe, type PublishEntry } from './publish.ts';
export { Variables } from './variables.ts';
export { ContextShape, ContextVersion, type ContextConstants, type ContextPorts } from './version.ts';
export {
  WorkflowContext,
  type ContextContents,
  type ContextLanguage,
  type ContextSnapshot,
} from './workflow-context.ts';
