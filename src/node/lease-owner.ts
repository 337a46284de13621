import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names this process in leases: its machine, its number there, when it started, and something no other has. */
export function createOwner(): string {
  const { pid } = process;
  return [hostname(), pid, startOf(pid) ?? '', randomUUID().slice(0, 8)].join(':');
}

/** Whether the process that {@link createOwner} named has ended, as far as this machine can tell. */
export function isGone(owner: string): boolean {
  const parts = owner.split(':');
  const [machine, number, start] = [parts.slice(0, -3).join(':'), Number(parts.at(-3)), parts.at(-2)];
  if (machine !== hostname() || !Number.isInteger(number) || number <= 0) return false;
  try {
    process.kill(number, 0);
  } catch (error) {
    return (error as { readonly code?: unknown }).code === 'ESRCH';
  }
  // Its number may be another process's by now.
  const started = startOf(number);
  return start !== '' && started !== null && started !== start;
}

/** When a process started, in ticks since the machine did; null where this system does not tell. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may hold anything; what follows are numbers.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A process that has ended and was not waited for yet works on nothing.
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
