import type { ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { HeddleError } from '../../errors/index.ts';
import { errorCode, reasonOf } from '../files/file-error.ts';
import { OutputBuffer } from './output-buffer.ts';

/** How long a process may take to end after SIGTERM, before SIGKILL. */
const GRACE_MS = 2000;

/** A process to run. */
export interface ProcessRequest {
  /** The program and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: string;
  /** How much is kept of each of stdout and stderr. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** What became of a process. */
export interface ProcessResult {
  /** Null: ended by a signal. */
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly stdout_truncated: boolean;
  readonly stderr_truncated: boolean;
}

/** Leaders of the groups in flight: killed when heddle exits at once, since no terminal signals them any more. */
const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) killGroup(child, 'SIGKILL');
}

/**
 * Runs a process in a group of its own and waits until it has ended and its output is closed. When the signal is
 * aborted the whole group gets SIGTERM, SIGKILL 2 s later, and the promise rejects with the signal's reason once it is
 * gone.
 *
 * @throws HEDDLE_SHELL_START
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  const { argv, directory, env, signal, maxBytes } = request;
  const { spawn } = await import('node:child_process');
  signal.throwIfAborted();
  const [program, ...args] = argv;
  const stdout = new OutputBuffer(maxBytes);
  const stderr = new OutputBuffer(maxBytes);

  const ended = await new Promise<{ code: number | null; by: NodeJS.Signals | null }>((resolve, reject) => {
    let child: ChildProcess;
    try {
      child = spawn(program, args, { cwd: directory, env, detached: true, stdio: 'pipe', windowsHide: true });
    } catch (error) {
      // Such as a NUL character in an argument.
      reject(startError(program, directory, error));
      return;
    }
    const stop = killer(child);
    if (running.size === 0) process.on('exit', killAll);
    running.add(child);
    signal.addEventListener('abort', stop.start, { once: true });
    const settle = (): void => {
      stop.end();
      signal.removeEventListener('abort', stop.start);
      running.delete(child);
      if (running.size === 0) process.off('exit', killAll);
    };

    child.stdout?.on('data', (chunk: Buffer) => {
      stdout.add(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr.add(chunk);
    });
    // A process need not read its input: that it closed it early is no failure.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(request.stdin);
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      settle();
      reject(startError(program, directory, error));
    });
    child.once('close', (code, by) => {
      settle();
      resolve({ code, by });
    });
  });

  signal.throwIfAborted();
  return {
    exit_code: ended.code,
    signal: ended.by,
    stdout: stdout.text(),
    stderr: stderr.text(),
    stdout_truncated: stdout.truncated,
    stderr_truncated: stderr.truncated,
  };
}

/** Ends a group: politely, then not. */
function killer(child: ChildProcess): { readonly start: () => void; readonly end: () => void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    start: () => {
      killGroup(child, 'SIGTERM');
      timer = setTimeout(() => {
        killGroup(child, 'SIGKILL');
        // A process that left the group may hold the output open for ever.
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, GRACE_MS);
    },
    end: () => {
      if (timer === undefined) return;
      clearTimeout(timer);
      // The first process of the group is gone; what it started and did not wait for must not stay behind.
      killGroup(child, 'SIGKILL');
    },
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already; there are no groups on Windows, where the process alone is ended.
    child.kill(signal);
  }
}

function startError(program: string, directory: string, cause: unknown): HeddleError {
  const fail = (reason: string): HeddleError =>
    new HeddleError('HEDDLE_SHELL_START', `${program} cannot be started: ${reason}.`, { cause });
  // Node.js reports a missing directory as a missing program.
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return fail(`there is no directory ${directory}`);
  switch (errorCode(cause)) {
    case 'ENOENT':
      return fail('there is no such program');
    case 'EACCES':
      return fail('it may not be executed');
    default:
      return fail(reasonOf(cause));
  }
}
