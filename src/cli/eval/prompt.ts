import type { Interface } from 'node:readline';
import { FUNCTION_NAMES } from '../../expression/index.ts';
import { formatError, toHeddleError } from '../error-report.ts';
import type { Terminal } from '../terminal.ts';
import type { Evaluator } from './evaluator.ts';

/** The name of the latest result. */
const LATEST = '_';

/**
 * Asks for one expression after another until the input ends (Ctrl-D) or `.exit`: with history on the arrow keys, names
 * and functions on Tab, and the latest result as `_`.
 */
export async function prompt(evaluator: Evaluator, terminal: Terminal, debug: boolean): Promise<void> {
  const { err, out } = terminal;
  err.line(err.color.dim(`Expressions, one per line. ${LATEST} is the latest result, Tab completes, Ctrl-D leaves.`));
  const { createInterface } = await import('node:readline');
  const lines = createInterface({
    input: terminal.stdin,
    output: err.stream,
    terminal: terminal.interactive,
    prompt: 'heddle> ',
    completer: (line: string) => complete(line, evaluator),
  });
  lines.on('SIGINT', () => clearLine(lines));
  lines.prompt();
  for await (const line of lines) {
    const source = line.trim();
    if (source === '.exit') break;
    if (source !== '') {
      try {
        const value = evaluator.evaluate(source);
        evaluator.set(LATEST, value);
        out.line(evaluator.toJson(value));
      } catch (thrown) {
        err.line(formatError(toHeddleError(thrown), err, debug));
      }
    }
    lines.prompt();
  }
  lines.close();
}

/** Ctrl-C drops what was typed, as a shell does. */
function clearLine(lines: Interface): void {
  lines.write(null, { ctrl: true, name: 'e' });
  lines.write(null, { ctrl: true, name: 'u' });
}

function complete(line: string, evaluator: Evaluator): [string[], string] {
  const word = /[A-Za-z_][\w.]*$/.exec(line)?.[0] ?? '';
  const dot = word.lastIndexOf('.');
  if (dot === -1) {
    const candidates = [...evaluator.names, ...FUNCTION_NAMES.map((name) => `${name}(`)];
    return [candidates.filter((candidate) => candidate.startsWith(word)).sort(), word];
  }
  const field = word.slice(dot + 1);
  return [fieldsOf(word.slice(0, dot), evaluator).filter((name) => name.startsWith(field)), field];
}

function fieldsOf(source: string, evaluator: Evaluator): string[] {
  try {
    const value = evaluator.evaluate(source);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value).sort() : [];
  } catch {
    // What cannot be evaluated yet cannot be completed.
    return [];
  }
}
