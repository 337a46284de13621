import { dump } from 'js-yaml';
import type { Location } from '../errors/index.ts';

/** One thing that did not come out as the rehearsal says. */
export interface Problem {
  /** What was looked at: `status`, `output.total`, `mocks[2]`. */
  readonly subject: string;
  /** Its place in the rehearsal file. */
  readonly location: Location;
  /** Absent: something came that nothing was expected of. */
  readonly expected?: unknown;
  /** Absent: what was expected did not come. */
  readonly got?: unknown;
  /** What a look at both does not show. */
  readonly note?: string;
}

/** How one rehearsal went. */
export interface RehearsalReport {
  readonly name: string;
  /** As given on the command line. */
  readonly file: string;
  readonly line: number;
  readonly passed: boolean;
  readonly problems: readonly Problem[];
  /** Real milliseconds. */
  readonly durationMs: number;
  /** What the run took in virtual milliseconds. */
  readonly virtualMs: number;
}

/** Signs and colours of a report. */
export interface ReportStyle {
  readonly passed: string;
  readonly failed: string;
  readonly green: (text: string) => string;
  readonly red: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

/** More problems than this are counted and not shown. */
const MAX_PROBLEMS = 20;
/** Values longer than this, as JSON, are shown as YAML below their label. */
const MAX_INLINE = 80;
/** Values of more lines than this are cut. */
const MAX_LINES = 20;

/** A report for people: one line, and below it what went wrong. */
export function formatReport(report: RehearsalReport, style: ReportStyle): string {
  const sign = report.passed ? style.green(style.passed) : style.red(style.failed);
  const waited = report.virtualMs >= 1000 ? `, ${String(Math.round(report.virtualMs / 1000))} s of virtual time` : '';
  const lines = [`${sign} ${report.name} ${style.dim(`(${String(Math.round(report.durationMs))} ms${waited})`)}`];
  for (const problem of report.problems.slice(0, MAX_PROBLEMS)) lines.push(...formatProblem(problem, style));
  const rest = report.problems.length - MAX_PROBLEMS;
  if (rest > 0) lines.push(style.dim(`    and ${String(rest)} more`));
  return lines.join('\n');
}

function formatProblem(problem: Problem, style: ReportStyle): string[] {
  const { file, line, column } = problem.location;
  const place = style.dim(`${file ?? '<text>'}:${String(line)}:${String(column)}`);
  const lines = [`    ${style.bold(problem.subject)}  ${place}`];
  if ('expected' in problem) lines.push(...formatValue('expected', problem.expected, style.green));
  else if ('got' in problem) lines.push(`      ${style.green('expected')}  nothing`);
  if ('got' in problem) lines.push(...formatValue('got     ', problem.got, style.red));
  else if ('expected' in problem && problem.note === undefined) lines.push(`      ${style.red('got     ')}  nothing`);
  if (problem.note !== undefined) lines.push(...problem.note.split('\n').map((text) => `      ${text}`));
  return lines;
}

function formatValue(label: string, value: unknown, paint: (text: string) => string): string[] {
  const inline = inlineOf(value);
  if (inline !== undefined && inline.length <= MAX_INLINE) return [`      ${paint(label)}  ${inline}`];
  const lines = dump(value ?? null, { lineWidth: 100, noRefs: true, skipInvalid: true })
    .trimEnd()
    .split('\n');
  const shown = lines.slice(0, MAX_LINES).map((line) => `        ${line}`);
  if (lines.length > MAX_LINES) shown.push(`        … ${String(lines.length - MAX_LINES)} more lines`);
  return [`      ${paint(label.trimEnd())}`, ...shown];
}

/** In one line: names as they are, anything else as JSON. Undefined: it has no JSON. */
function inlineOf(value: unknown): string | undefined {
  if (typeof value === 'string' && /^[\w.-]+$/.test(value)) return value;
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((entry) => typeof entry === 'string' && /^[\w.-]+$/.test(entry))
  ) {
    return value.join(', ');
  }
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** What is wrong with a file as a whole, below its rehearsals. */
export function formatFileProblems(problems: readonly Problem[], style: ReportStyle): string {
  const lines = problems.flatMap((problem) => formatProblem(problem, style));
  return [`${style.red(style.failed)} the file as a whole`, ...lines].join('\n');
}

/** How the rehearsals of a file went, as far as a summary counts them. */
export interface Counted {
  readonly reports: readonly RehearsalReport[];
  readonly problems: readonly Problem[];
  readonly diagnostics: readonly { readonly severity: 'error' | 'warning' }[];
}

/** `3 passed, 1 failed, 1 file not valid`. */
export function formatSummary(files: readonly Counted[], style: ReportStyle): string {
  const reports = files.flatMap((file) => file.reports);
  const failed = reports.filter((report) => !report.passed).length;
  const count = (number: number, noun: string): string => `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
  const invalid = files.filter((file) => file.diagnostics.some(({ severity }) => severity === 'error')).length;
  const useless = files.flatMap((file) => file.problems).length;
  return [
    style.green(`${String(reports.length - failed)} passed`),
    ...(failed > 0 ? [style.red(`${String(failed)} failed`)] : []),
    ...(useless > 0 ? [style.red(`${count(useless, 'mock')} that nothing needs`)] : []),
    ...(invalid > 0 ? [style.red(`${count(invalid, 'file')} not valid`)] : []),
  ].join(', ');
}
