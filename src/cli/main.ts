#!/usr/bin/env node
import { formatError, toHeddleError } from './error-report.ts';
import { EXIT } from './exit-code.ts';
import { runCommandLine } from './program.ts';
import { createTerminal } from './terminal.ts';

const terminal = createTerminal(process);

// A reader that has seen enough (`| head -1`) closes the pipe: what is left to write has no reader, but a run that is
// under way goes on to its end, since half of a deployment helps nobody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  });
}

function fail(thrown: unknown): void {
  terminal.err.line(formatError(toHeddleError(thrown), terminal.err, process.argv.includes('--debug')));
  process.exit(EXIT.internal);
}
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

/** Resolves when everything written so far has left the process, or nobody will read it. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write('', () => {
      resolve();
    });
  });
}

void runCommandLine(process.argv.slice(2), terminal).then(async (code) => {
  process.exitCode = code;
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Connections kept alive, or a server that an action left open, must not keep a finished command waiting.
  process.exit(code);
});
