import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Runs shell commands where file systems can be mounted that nobody else sees, and that are gone afterwards. `mount` are
 * the options of a tmpfs at `directory`.
 */
export async function inNamespace(mount: string, directory: string, commands: string): Promise<string> {
  const script = `set -e\nmount -t tmpfs -o ${mount} tmpfs '${directory}'\nset +e\n${commands}\n`;
  const { stdout } = await promisify(execFile)('unshare', ['--map-root-user', '--mount', 'sh', '-c', script], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** Why {@link inNamespace} cannot be used here; null: it can. */
export function namespaceProblem(): string | null {
  const script = 'mount -t tmpfs tmpfs /tmp';
  const { status, error, stderr } = spawnSync('unshare', ['--map-root-user', '--mount', 'sh', '-c', script]);
  if (status === 0) return null;
  return `no file system can be mounted here: ${error?.message ?? stderr.toString().trim()}`;
}
