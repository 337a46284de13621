import { PassThrough, Writable } from 'node:stream';
import { createTerminal, type Terminal } from '../terminal.ts';

/** A terminal whose streams are memory. */
export interface FakeTerminal {
  readonly terminal: Terminal;
  readonly stdin: PassThrough;
  stdout(): string;
  stderr(): string;
}

class Memory extends Writable {
  text = '';
  isTTY: boolean;
  columns: number;

  constructor(isTTY: boolean, columns: number) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Creates a terminal for tests: not a TTY, no colour, UTF-8, unless told otherwise. */
export function fakeTerminal(
  options: { tty?: boolean; columns?: number; env?: Record<string, string>; cwd?: string } = {},
): FakeTerminal {
  const stdout = new Memory(options.tty ?? false, options.columns ?? 80);
  const stderr = new Memory(options.tty ?? false, options.columns ?? 80);
  const stdin = Object.assign(new PassThrough(), { isTTY: options.tty ?? false });
  const terminal = createTerminal({
    stdin,
    stdout,
    stderr,
    env: { LANG: 'C.UTF-8', ...options.env },
    cwd: () => options.cwd ?? '/project',
  });
  return { terminal, stdin, stdout: () => stdout.text, stderr: () => stderr.text };
}
