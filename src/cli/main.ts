import { useOwnModule } from '../node/module-loader.ts';
import { EXIT } from './exit-code.ts';
import { loadCommands, runCommandLine } from './program.ts';
import { createTerminal } from './terminal.ts';

// Files of actions get what runs already: the library beside the command line would be a second copy.
useOwnModule(() => import('../index.ts'));

const terminal = createTerminal(process);

// A reader that has seen enough (`| head -1`) closes the pipe: what is left to write has no reader, but a run that is
// under way goes on to its end, since half of a deployment helps nobody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
  });
}

/** What nobody caught. Never rejects: it would be called for that again. */
async function fail(thrown: unknown): Promise<void> {
  try {
    const { reportFailure } = await loadCommands();
    reportFailure(thrown, terminal, { debug: process.argv.includes('--debug'), json: false });
  } finally {
    process.exit(EXIT.internal);
  }
}
process.on('uncaughtException', (error) => void fail(error));
process.on('unhandledRejection', (reason) => void fail(reason));

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
