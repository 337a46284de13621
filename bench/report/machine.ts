import { execFileSync } from 'node:child_process';
import { arch, cpus, totalmem, type } from 'node:os';
import { peerVersions, rootDirectory } from '../harness/bundle.ts';

/** Where and with what figures were taken, by name. */
export function describeMachine(): readonly (readonly [name: string, value: string])[] {
  const processors = cpus();
  const versions = Object.entries(peerVersions()).map(([name, version]) => `${name} ${version}`);
  return [
    ['processor', `${processors.length} × ${processors[0]?.model.trim() || arch()}`],
    ['memory', `${Math.round(totalmem() / 2 ** 30)} GB`],
    ['system', `${type()} ${arch()}`],
    ['Node.js', `${process.versions.node} (V8 ${process.versions.v8})`],
    ['heddle', commit()],
    ['compared with', versions.join(', ')],
    ['date', new Date().toISOString().slice(0, 10)],
  ];
}

function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: rootDirectory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--', 'src') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`;
  } catch {
    return 'not in a git repository';
  }
}
