export type { Action, ActionContext, ActionDefinition, JsonSchema, Logger } from './action.ts';
export { BUILTIN_ACTIONS } from './builtins.ts';
export { checkAction, defineAction, type DefinedAction } from './define-action.ts';
export { normaliseInputKeys } from './input-keys.ts';
export { createRegistry, type ActionRegistry } from './registry.ts';
export type { InputOf, StaticOf } from './static.ts';
export { inputValidator, schemaProblems, type InputValidator } from './validate.ts';
