import type { Readable, Writable } from 'node:stream';
import picocolors from 'picocolors';
import { symbolsFor, type Symbols } from './text/symbols.ts';

type Colors = ReturnType<typeof picocolors.createColors>;

/** One of the two streams a command writes to. */
export interface Output {
  readonly stream: Writable;
  /** Whether a person is looking: a terminal that understands cursor movements. */
  readonly isTerminal: boolean;
  /** Width in characters; 80 where it is not known. */
  readonly columns: number;
  readonly color: Colors;
  readonly symbols: Symbols;
  write(text: string): void;
  /** Writes the text and a line feed. */
  line(text?: string): void;
}

/** Everything a command sees of the process, so that tests can hand in their own. */
export interface Terminal {
  readonly stdin: Readable;
  /** Results: what `> file` and `|` are meant for. */
  readonly out: Output;
  /** Progress, warnings and errors. */
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** Whether questions can be asked: a person can read them and answer. */
  readonly interactive: boolean;
}

/** The parts of `process` that {@link createTerminal} reads. */
export interface ProcessLike {
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
}

/** Colour: NO_COLOR forbids it, FORCE_COLOR demands it, else only a terminal gets it. Empty text counts as not set. */
function wantsColor(env: ProcessLike['env'], isTerminal: boolean): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTerminal;
}

function createOutput(stream: ProcessLike['stdout'], env: ProcessLike['env']): Output {
  const isTerminal = stream.isTTY === true && env.TERM !== 'dumb';
  return {
    stream,
    isTerminal,
    get columns() {
      return stream.columns !== undefined && stream.columns > 0 ? stream.columns : 80;
    },
    color: picocolors.createColors(wantsColor(env, isTerminal)),
    symbols: symbolsFor(env),
    write: (text) => void stream.write(text),
    line: (text = '') => void stream.write(`${text}\n`),
  };
}

/** The terminal of a process. */
export function createTerminal(from: ProcessLike): Terminal {
  const out = createOutput(from.stdout, from.env);
  const err = createOutput(from.stderr, from.env);
  return {
    // Node.js opens a stream for it when it is first asked for, which few commands do.
    get stdin() {
      return from.stdin;
    },
    out,
    err,
    env: from.env,
    cwd: from.cwd(),
    get interactive() {
      return err.isTerminal && from.stdin.isTTY === true;
    },
  };
}
