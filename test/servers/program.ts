import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';

/** Where Debian keeps what it does not put into the path. */
const POSTGRES_VERSIONS = '/usr/lib/postgresql';

/** The file of a program in the path, or among the versions of PostgreSQL; null where it is not installed. */
export function findProgram(name: string): string | null {
  const versions = safeList(POSTGRES_VERSIONS).sort((a, b) => Number(b) - Number(a));
  const directories = [
    ...(process.env.PATH ?? '').split(path.delimiter),
    ...versions.map((version) => path.join(POSTGRES_VERSIONS, version, 'bin')),
  ];
  return directories.map((directory) => path.join(directory, name)).find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function safeList(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** A port of the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Who a program runs as. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** Starts a server and waits until it writes that it is `ready`. It goes with this process at the latest. */
export function startProgram(
  file: string,
  args: readonly string[],
  ready: RegExp,
  user: User = {},
): Promise<ChildProcess> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', ...user });
  running.add(child);
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (ready.test(output)) resolve(child);
      // What it says later is read too, so that it is not held up.
      output = output.slice(-20_000);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      running.delete(child);
      reject(new Error(`${path.basename(file)} ended with ${signal ?? code}:\n${output}`));
    });
  });
}

/** Ends a program and waits until it is gone. */
export async function endProgram(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}
