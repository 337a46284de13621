export type { Mock, MockError, MockStatus, Expectation, ExpectedError, Rehearsal } from './definition.ts';
export { findRehearsalFiles, REHEARSAL_PATTERNS } from './files.ts';
export { readRehearsals, type ReadRehearsals } from './read.ts';
/**
 * For `heddle run --record FILE`: hand `intercept` and `listener` (view `events`) of the recorder to the run, then write
 * `toYaml(result, workflow)` to FILE, where `workflow` is the path of the workflow from FILE's directory.
 */
export { createRecorder, type Recorder, type RecorderOptions } from './recorder.ts';
export {
  formatFileProblems,
  formatReport,
  formatSummary,
  type Problem,
  type RehearsalReport,
  type ReportStyle,
} from './report.ts';
export { runRehearsalFile, type RehearsalFileReport, type RunFileOptions } from './run-file.ts';
export { VirtualClock, type EventLoop } from './virtual-clock.ts';
