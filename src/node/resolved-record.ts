import type { ContextPorts } from '../context/index.ts';
import type { RunEntry } from '../executor/entries.ts';
import { resolveReruns } from '../executor/rerun.ts';
import { FixedIdentity, RunConstants } from '../executor/run-identity.ts';
import type { KnownRun } from '../executor/run-journal.ts';
import { loadStoredDefinition } from './stored-definition.ts';

/** What is evaluated for people only needs no world. */
const PORTS: ContextPorts = {
  now: () => 0,
  random: () => 0,
  uuid: () => '',
  sha256: () => '',
  env: {},
};

/**
 * The record of a run with its reruns carried out, for showing it: which executions were taken out, and how the others are
 * numbered now. Needs the definition that the run was stored with, and no action.
 *
 * @throws what keeps the definition from being loaded, or the reruns from being carried out without the run's secrets
 */
export function resolvedRecord(
  run: Pick<KnownRun, 'id' | 'workflow' | 'parameters' | 'createdAtMs'>,
  definition: unknown,
  entries: readonly RunEntry[],
): readonly RunEntry[] {
  const { plan } = loadStoredDefinition(definition, { allowUnknownActions: true });
  const constants = new RunConstants(new FixedIdentity(run.id), {
    parameters: run.parameters as Readonly<Record<string, unknown>>,
    config: {},
    keystore: {},
    workflow: run.workflow,
    startedAtMs: run.createdAtMs,
    ports: PORTS,
  });
  return resolveReruns(plan, constants, entries).entries;
}
