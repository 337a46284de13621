import { HeddleError } from '../../errors/index.ts';
import type { RunError, RunEvent, RunResult } from '../../executor/events.ts';
import { formatError } from '../error-report.ts';
import type { Output } from '../terminal.ts';
import { formatCount } from '../text/quantities.ts';
import { Board, type Notice } from './board.ts';
import { formatActive, formatCompleted, formatEnd, formatLog } from './lines.ts';

/** Shows a run to a person while it goes on. */
export interface Reporter {
  /** Takes an event in. */
  take(event: RunEvent): void;
  /** A line of heddle's own, e.g. about a second Ctrl-C. */
  say(text: string): void;
  /** Shows errors and how it ended, and gives the terminal back. */
  finish(result: RunResult): void;
  /** Gives the terminal back without a word, where the run ended in an exception. */
  close(): void;
}

/** Options of {@link createReporter}. */
export interface ReporterOptions {
  readonly output: Output;
  /** Names of the workflow's tasks, for the width of the first column. */
  readonly tasks: readonly string[];
  /** Only errors. */
  readonly quiet: boolean;
  /** Lines of level `debug` too, and stack traces. */
  readonly debug: boolean;
  /** Draws the lines that change; absent where nobody can see them change. */
  readonly live?: LiveRegion;
}

/** The last lines of a terminal, which are drawn again and again. */
export interface LiveRegion {
  /** Replaces the region's text. */
  update(text: string): void;
  /** Removes the region, so that lines can be written above it. */
  clear(): void;
  /** Gives the cursor back. */
  close(): void;
  /** Calls back about ten times a second until the answer is called. */
  tick(callback: () => void): () => void;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Lines that fit. */
  readonly rows: number;
}

/** A task that loops gets this many lines; from then on it is only counted. */
const MAX_LINES_PER_TASK = 10;
/** Longest first column, in cells. */
const MAX_NAME_WIDTH = 32;
/** Errors shown at the end. */
const MAX_ERRORS = 10;

/** Creates the reporter for people. Secrets arrive masked. */
export function createReporter(options: ReporterOptions): Reporter {
  const { output, live } = options;
  const { color, symbols } = output;
  const board = new Board(` ${symbols.info} `);
  const width = Math.min(MAX_NAME_WIDTH, Math.max(8, ...options.tasks.map((name) => name.length)));
  let frame = 0;
  let cleared = true;
  let closed = false;

  const draw = (): void => {
    if (live === undefined || options.quiet || closed) return;
    const room = Math.max(1, live.rows - 3);
    const lines = board.active.slice(0, room).map((task) => formatActive(task, frame, live.now(), width, output));
    const rest = board.active.length - lines.length;
    if (rest > 0) lines.push(color.dim(`  ${symbols.ellipsis} and ${rest} more running`));
    if (lines.length === 0 && cleared) return;
    cleared = lines.length === 0;
    if (cleared) live.clear();
    else live.update(lines.join('\n'));
  };
  const stop = live?.tick(() => {
    frame++;
    draw();
  });
  const write = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    if (!cleared) live?.clear();
    cleared = true;
    output.write(`${lines.join('\n')}\n`);
    draw();
  };
  const close = (): void => {
    stop?.();
    if (!cleared) live?.clear();
    cleared = true;
    live?.close();
    closed = true;
  };
  const linesOf = (notice: Notice): readonly string[] => {
    if (options.quiet) return [];
    if (notice.kind === 'log') {
      return notice.event.level === 'debug' && !options.debug ? [] : [formatLog(notice.label, notice.event, output)];
    }
    const { label, nth, event } = notice;
    if (nth > MAX_LINES_PER_TASK) return [];
    const lines = formatCompleted(label, nth, event, width, output);
    return nth === MAX_LINES_PER_TASK
      ? [...lines, color.dim(`  ${symbols.ellipsis} further runs of ${label} are only counted`)]
      : lines;
  };

  return {
    take(event) {
      const notice = board.take(event);
      if (notice !== undefined) write(linesOf(notice));
    },
    say: (text) => write([text]),
    finish(result) {
      close();
      const lines = formatErrors(result.errors, output);
      if (!options.quiet) {
        for (const [label, times] of board.executions) {
          if (times > MAX_LINES_PER_TASK) lines.unshift(color.dim(`  ${label} ran ${formatCount(times)} times`));
        }
        lines.push(formatEnd(result, output));
      }
      write(lines);
    },
    close,
  };
}

/** The errors that nothing handled. Those of single iterations are grouped under their task, unless there is nothing else. */
function formatErrors(errors: readonly RunError[], output: Output): string[] {
  const { color, symbols } = output;
  const unhandled = errors.filter((error) => !error.handled);
  const ofTasks = unhandled.filter((error) => error.index === null);
  const chosen = ofTasks.length > 0 ? ofTasks : unhandled;
  const lines = chosen.slice(0, MAX_ERRORS).flatMap((error) => ['', ...formatRunError(error, output).split('\n')]);
  const rest = chosen.length - MAX_ERRORS;
  if (rest > 0) lines.push('', color.dim(`${symbols.ellipsis} and ${formatCount(rest)} more (--json lists them all)`));
  return lines.length === 0 ? [] : [...lines, ''];
}

function formatRunError(error: RunError, output: Output): string {
  const details = {
    ...(error.task === null ? {} : { task: error.task }),
    ...(error.index === null ? {} : { index: error.index }),
  };
  return formatError(new HeddleError(error.code, error.message, details), output, false);
}
