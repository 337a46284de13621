export type * from './definition.ts';
export { describePath, hasErrors, sortDiagnostics, type Diagnostic, type Finding, type Place } from './diagnostic.ts';
export {
  countDiagnostics,
  diagnosticsToGithub,
  formatDiagnostic,
  formatDiagnostics,
  type FormatOptions,
  type Painter,
} from './diagnostic-format.ts';
export { isTemplate, parseDuration, parseRate, parseSize, parseTolerance } from './duration.ts';
export { readWorkflow, readWorkflowObject, type ReadResult } from './read.ts';
export { TextLines, type Position, type Range } from './text-lines.ts';
export { parseYaml } from './yaml.ts';
export { YamlDocument } from './yaml-document.ts';
export { WorkflowError } from './workflow-error.ts';
