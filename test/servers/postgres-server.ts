import { execFile, type ChildProcess } from 'node:child_process';
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { endProgram, findProgram, freePort, startProgram, type User } from './program.ts';

/** Whether tests can start a server; where not, they are skipped. */
export const hasPostgres = findProgram('postgres') !== null && findProgram('initdb') !== null;

/** Ports tried, since another program may take one in between. */
const TRIES = 5;
/** Of the user `heddle`, who owns the server. */
export const POSTGRES_PASSWORD = 'secret';

/** A PostgreSQL of this process alone. */
export class PostgresServer {
  readonly port: number;
  readonly #directory: string;
  readonly #user: User;
  #child: ChildProcess;

  private constructor(port: number, directory: string, user: User, child: ChildProcess) {
    this.port = port;
    this.#directory = directory;
    this.#user = user;
    this.#child = child;
  }

  /** Makes a data directory and starts a server on it. */
  static async start(): Promise<PostgresServer> {
    const user = await unprivilegedUser();
    const directory = await mkdtemp(path.join(tmpdir(), 'heddle-postgres-'));
    await initialise(directory, user);
    for (let tries = 1; ; tries++) {
      const port = await freePort();
      try {
        return new PostgresServer(port, directory, user, await launch(port, directory, user));
      } catch (error) {
        if (tries === TRIES) throw error;
      }
    }
  }

  url(): string {
    return `postgres://heddle:${POSTGRES_PASSWORD}@127.0.0.1:${this.port}/postgres`;
  }

  /** Ends the server as a crash does: nothing is finished, and it has to recover. */
  async kill(): Promise<void> {
    // Of SIGKILL its children know nothing, and keep it from starting again for a while.
    await endProgram(this.#child, 'SIGQUIT');
  }

  /** Starts it again at the same port, with the data it had. */
  async restart(): Promise<void> {
    this.#child = await launch(this.port, this.#directory, this.#user);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function initialise(directory: string, user: User): Promise<void> {
  const passwordFile = path.join(directory, 'password');
  await writeFile(passwordFile, POSTGRES_PASSWORD);
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const file of [directory, passwordFile]) await chown(file, user.uid, user.gid);
  }
  const args = ['--pgdata', dataOf(directory), '--username', 'heddle', '--pwfile', passwordFile, '--no-sync'];
  args.push('--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C');
  await promisify(execFile)(programFile('initdb'), args, { cwd: '/', ...user });
}

function launch(port: number, directory: string, user: User): Promise<ChildProcess> {
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const args = ['-D', dataOf(directory), ...settings.flatMap((setting) => ['-c', setting])];
  return startProgram(programFile('postgres'), args, /database system is ready to accept connections/, user);
}

function dataOf(directory: string): string {
  return path.join(directory, 'data');
}

function programFile(name: string): string {
  const file = findProgram(name);
  if (file === null) throw new Error(`${name} is not installed`);
  return file;
}

/** PostgreSQL refuses to run as root: whoever is root becomes its own user, or one without any rights. */
async function unprivilegedUser(): Promise<User> {
  if (process.getuid?.() !== 0) return {};
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const found = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  if (found === undefined) throw new Error('there is no user but root to run PostgreSQL as');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}
