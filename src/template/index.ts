export { compileValue, CompiledValue, type CompileOptions } from './compiled-value.ts';
export { parseCondition, type ParsedCondition } from './condition.ts';
export type { Escape } from './document.ts';
export { render, renderHandlebars } from './render.ts';
export {
  parseTemplate,
  type ExpressionPart,
  type ParsedTemplate,
  type TemplatePart,
  type TextPart,
} from './template.ts';
export type { ParsedTemplates, Placed, PlacedProblem, ValuePath } from './value.ts';
export { evaluate } from '../expression/index.ts';
