export { Untranslatable, type Dialect, type Source, type SourceOf, type Span } from './ast.ts';
export type { Call } from './call.ts';
export * from './code.ts';
export {
  escapedText,
  hasForeignExpression,
  translateExpression,
  translateTemplate,
  type Translation,
  type TranslationProblem,
} from './template.ts';
export type { EngineNames } from './translator.ts';
