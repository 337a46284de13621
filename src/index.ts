/** heddle's public API. */
export type { Action, ActionContext, ActionDefinition, JsonSchema, Logger, WaitRequest } from './actions/action.ts';
export { defineAction } from './actions/define-action.ts';
export { WorkflowContext, type ContextContents, type ContextSnapshot } from './context/index.ts';
export { ActionError, HeddleError, type ErrorCode, type Location } from './errors/index.ts';
export type * from './executor/events.ts';
export type {
  ActionCall,
  Clock,
  Durability,
  EventListener,
  Interceptor,
  ListenOptions,
  OpenWait,
  ResumeOptions,
  Run,
  RunOptions,
  Selection,
} from './executor/index.ts';
export { evaluate } from './expression/index.ts';
export { Executor, type ExecutorOptions, type ForkOptions } from './node/executor.ts';
export {
  checkWorkflow,
  checkWorkflowFile,
  defineWorkflow,
  loadWorkflow,
  parseWorkflow,
  type CheckResult,
  type LoadOptions,
} from './node/load-workflow.ts';
export type { Workflow } from './node/workflow.ts';
export { render } from './template/index.ts';
export { WorkflowError, type Diagnostic } from './workflow/index.ts';
