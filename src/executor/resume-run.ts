import { HeddleError } from '../errors/index.ts';
import type { Plan } from '../plan/plan.ts';
import { CHUNK_VERSION, chunkState, type ChunkTerms } from './chunk-terms.ts';
import type { BegunEntry, EndedEntry, FromSelection, RunEntry, Selection } from './entries.ts';
import { NotingPorts } from './noting-ports.ts';
import { readRecord } from './read-record.ts';
import { Replay } from './replay.ts';
import { reopenedIn, resolveReruns } from './rerun.ts';
import type { RunEnvironment } from './run-environment.ts';
import { setIn } from './set-in.ts';
import { FixedIdentity, RunConstants } from './run-identity.ts';
import type { KnownRun, RunLease } from './run-journal.ts';
import type { RecordingTerms, ResumedRun } from './run-recording.ts';
import type { SavedReplay } from './saved-replay.ts';
import { Sealer } from './sealer.ts';
import { SNAPSHOT_VERSION, Snapshots, type StoredSnapshot } from './snapshots.ts';

/** What is given anew to a run that goes on. */
export interface ResumeTerms {
  readonly plan: Plan;
  readonly environment: RunEnvironment;
  readonly terms: RecordingTerms;
  /** Secret parameters. */
  readonly secrets: Readonly<Record<string, unknown>>;
  /** What runs again of a run that has ended; null: it is gone on with. */
  readonly selection: Selection | null;
  /** Whether it is a chunk, and `plan` that of its task alone. Default false. */
  readonly chunk?: boolean;
}

/** A run that can go on, or what it came to. */
export interface ReadRun {
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Null: it has ended, and nobody works on it. */
  readonly resumed: ResumedRun | null;
  readonly ended: EndedEntry | null;
}

/**
 * Takes over a run and reads its record.
 *
 * @throws HEDDLE_RUN_ACTIVE where another process works on it; HEDDLE_RUN_BLOCKED where a secret is missing; HEDDLE_RERUN
 */
export async function readRun(known: KnownRun, given: ResumeTerms): Promise<ReadRun> {
  const { journal, owner, leaseMs, takeFrom } = given.terms;
  const lease = await journal.acquire(known.id, { owner, ttlMs: leaseMs }, takeFrom ?? undefined);
  if (lease === null) {
    const message = `process ${known.lease?.owner ?? 'unknown'} works on run ${known.id}`;
    throw new HeddleError('HEDDLE_RUN_ACTIVE', message, { run: known.id });
  }
  try {
    const read = await replayRun(known, given, lease);
    if (read.resumed === null) await journal.release(lease);
    return read;
  } catch (error) {
    const isBlocked = error instanceof HeddleError && error.code === 'HEDDLE_RUN_BLOCKED';
    await journal.append(lease, { release: true, ...(isBlocked ? { patch: { status: 'blocked' } } : {}) });
    throw error;
  }
}

async function replayRun(known: KnownRun, given: ResumeTerms, lease: RunLease): Promise<ReadRun> {
  const { plan, environment, selection } = given;
  const { keepResults } = environment;
  const opened =
    given.chunk === true
      ? await openChunk(known, given)
      : ((selection === null ? await openNewest(known, given) : null) ?? (await openRecord(known, given)));
  const { parameters, constants, startedAtMs, entries: record, snapshot } = opened;
  const fresh: RunEntry[] = selection === null ? [] : [{ type: 'rerun', selection, atMs: environment.host.now() }];
  const { entries, generation: reruns } = resolveReruns(plan, constants, withoutStaleSends([...record, ...fresh]));
  const generation = (snapshot?.generation ?? 0) + reruns;
  const reopened = reopenedIn(entries);
  const saved = snapshot === null ? {} : { saved: snapshot.state };
  const replay = new Replay(plan, constants, { keepResults, reopened, ...saved });
  for (const entry of entries) replay.feed(entry);
  if (given.terms.unwritten.delete(known.id) && selection === null) {
    const suspension: RunEntry = { type: 'suspended', atMs: environment.host.now(), unwritten: true };
    replay.feed(suspension);
    fresh.push(suspension);
  }
  if (replay.ended !== null) return { parameters, resumed: null, ended: replay.ended };
  const isNew = record.length === 0 && (snapshot === null || given.chunk === true);
  // Of a new one nothing is known but whether whoever had it before has let go of it.
  const wasCut = isNew ? known.lease !== null : replay.suspension === null;
  const isCautious = wasCut && !replay.hasProgressed && selection === null;
  const before = replay.save();
  const followed = { plan, constants, keepsResults: keepResults, generation };
  const snapshots = before === null ? null : new Snapshots(followed, before);
  if (selection === null && replay.hasBegun) {
    const resumption: RunEntry = { type: 'resumed', atMs: environment.host.now() };
    replay.feed(resumption);
    fresh.push(resumption);
  }
  const { workMs, taskRuns, unfinished, signals, signalCount, cancelReason, hasBegun } = replay;
  const { run, batchSize } = replay.finish();
  const facts = { batchSize, workMs, taskRuns, unfinished, signals, signalCount, cancelReason, hasBegun };
  return {
    parameters,
    ended: null,
    resumed: {
      run,
      lease,
      startedAtMs,
      ...facts,
      isCautious,
      generation,
      entries: fresh,
      snapshots,
    },
  };
}

/** A run that is rerun had ended, and with it all that was elsewhere: what is left of that is done where the run is. */
function withoutStaleSends(entries: readonly RunEntry[]): readonly RunEntry[] {
  const rerun = entries.findLastIndex(({ type }) => type === 'rerun');
  return rerun < 0 ? entries : entries.filter(({ type }, at) => type !== 'sent' || at > rerun);
}

/** A fork: its id, and what is changed before it begins. */
export interface ForkTerms {
  readonly id: string;
  readonly changes: readonly { readonly path: readonly string[]; readonly value: unknown }[];
}

/**
 * Writes the record of a new run that begins where `selection` says, and takes it over.
 *
 * @throws HEDDLE_RERUN, HEDDLE_RUN_BLOCKED
 */
export async function forkRun(
  known: KnownRun,
  given: Omit<ResumeTerms, 'selection'> & { readonly selection: FromSelection },
  { id, changes }: ForkTerms,
): Promise<{ readonly parameters: Readonly<Record<string, unknown>>; readonly resumed: ResumedRun }> {
  const { journal, owner, leaseMs, definition, labels } = given.terms;
  const { selection } = given;
  const { entries, parameters, sealer } = await rewind(known, given, changes);
  const lease = await journal.start(
    {
      id,
      workflow: known.workflow,
      definition,
      parameters: sealer.seal(withoutSecrets(parameters, given.plan)),
      status: 'running',
      createdAtMs: given.environment.host.now(),
      fork: {
        run: known.id,
        task: [selection.from].flat().join(', '),
        ...(selection.key === undefined ? {} : { item: selection.key }),
      },
      ...(labels === null ? {} : { labels }),
    },
    { owner, ttlMs: leaseMs },
    { entries: entries.map((entry) => sealer.seal(entry)) },
  );
  if (lease === null) throw new HeddleError('HEDDLE_INTERNAL', `there is a run ${id} already`);
  const created = await journal.run(id);
  const { resumed } = await replayRun(created as KnownRun, { ...given, selection: null }, lease);
  if (resumed === null) throw new HeddleError('HEDDLE_INTERNAL', 'a fork cannot have ended before it began');
  return { parameters, resumed: { ...resumed, isCautious: false } };
}

/** The record of a run up to the point that is selected, with the context changed there. */
async function rewind(
  known: KnownRun,
  given: Omit<ResumeTerms, 'selection'> & { readonly selection: Selection },
  changes: ForkTerms['changes'],
): Promise<{ entries: readonly RunEntry[]; parameters: Readonly<Record<string, unknown>>; sealer: Sealer }> {
  const record = await openRecord(known, given);
  const changed = changes.filter(({ path }) => path[0] === 'parameters');
  const parameters = changed.reduce<unknown>(
    (all, { path, value }) => setIn(all, path.slice(1), value),
    record.parameters,
  ) as Readonly<Record<string, unknown>>;
  const { selection, environment } = given;
  const rerun: RunEntry = { type: 'rerun', selection, atMs: environment.host.now() };
  const { entries } = resolveReruns(given.plan, record.constants, [...record.entries, rerun]);
  const others = changes.filter(({ path }) => path[0] !== 'parameters');
  const added = others.map(({ path, value }): RunEntry => ({ type: 'changed', path, value }));
  // Iterations that stay keep the start of their task, which is to see the changes too.
  const names = 'from' in selection ? [selection.from].flat() : [];
  const ended = new Set(entries.flatMap((entry) => (entry.type === 'completed' ? [entry.execution] : [])));
  const start = entries.findIndex(
    (entry) => entry.type === 'started' && names.includes(entry.task) && !ended.has(entry.execution),
  );
  const at = start < 0 ? entries.length : start;
  return { entries: entries.toSpliced(at, 0, ...added), parameters, sealer: record.sealer };
}

function withoutSecrets(parameters: Readonly<Record<string, unknown>>, plan: Plan): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !plan.parameters.secret.includes(name)));
}

interface OpenedRecord {
  /** Where they begin; null: at the beginning. */
  readonly snapshot: StoredSnapshot | null;
  readonly entries: readonly RunEntry[];
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly constants: RunConstants;
  readonly startedAtMs: number;
  readonly sealer: Sealer;
}

/** The newest snapshot and what follows it; null where the record is to be read from its beginning. @throws HEDDLE_RUN_BLOCKED */
async function openNewest(known: KnownRun, given: Omit<ResumeTerms, 'selection'>): Promise<OpenedRecord | null> {
  const { environment, terms } = given;
  const found = await terms.journal.snapshot(known.id);
  if (found === null || found.seq > known.lastSeq) return null;
  const snapshot = found.data as StoredSnapshot;
  if ((snapshot.version as number) !== SNAPSHOT_VERSION) return null;
  if (environment.keepResults && !snapshot.keepsResults) return null;
  const entries = await entriesOf(known.id, terms, found.seq);
  // A rerun takes out of what came before, which a snapshot has no entries of.
  if (entries.some(({ type }) => type === 'rerun')) return null;
  return open(known, given, snapshot, entries, snapshot.state.begun);
}

/** The record of a chunk, which begins with what its terms say. @throws HEDDLE_RUN_BLOCKED, HEDDLE_STATE_VERSION */
async function openChunk(known: KnownRun, given: Omit<ResumeTerms, 'selection'>): Promise<OpenedRecord> {
  const { plan, environment, terms: recording, secrets } = given;
  const sealedTerms = known.parameters as ChunkTerms;
  if ((sealedTerms.version as number) !== CHUNK_VERSION) {
    const found = JSON.stringify(sealedTerms.version);
    throw new HeddleError('HEDDLE_STATE_VERSION', `expected a chunk of version ${CHUNK_VERSION}, found ${found}`);
  }
  checkSecrets(known.id, { secrets: sealedTerms.secrets }, environment.keystore, secrets);
  const terms = sealedTerms.sealed
    ? new Sealer({ keystore: environment.keystore, parameters: secrets }).open(sealedTerms)
    : sealedTerms;
  const found = await recording.journal.snapshot(known.id);
  const stored = found === null || found.seq > known.lastSeq ? null : (found.data as StoredSnapshot);
  const newest = stored?.version === SNAPSHOT_VERSION ? stored : null;
  const slot = plan.shape.tasks.slot(terms.task);
  const { generation, startedAtMs } = terms;
  const state = chunkState(plan, slot, terms);
  const snapshot = newest ?? { version: SNAPSHOT_VERSION, keepsResults: false, generation, state };
  const entries = await entriesOf(known.id, recording, newest === null ? 0 : (found?.seq ?? 0));
  const of = { id: terms.run, parameters: terms.base.parameters, createdAtMs: startedAtMs };
  return open(of, given, snapshot, entries, state.begun);
}

/** The record of a run with the secrets it needs. @throws HEDDLE_RUN_BLOCKED */
async function openRecord(known: KnownRun, given: Omit<ResumeTerms, 'selection'>): Promise<OpenedRecord> {
  const entries = await entriesOf(known.id, given.terms);
  const [begun = null] = entries as [BegunEntry | undefined];
  return open(known, given, null, entries, begun);
}

function open(
  known: Pick<KnownRun, 'id' | 'parameters' | 'createdAtMs'>,
  given: Omit<ResumeTerms, 'selection'>,
  newest: StoredSnapshot | null,
  written: readonly RunEntry[],
  begun: SavedReplay['begun'],
): OpenedRecord {
  const { plan, environment } = given;
  const { keystore, config, ports } = environment;
  checkSecrets(known.id, begun ?? { secrets: requiredSecrets(plan) }, keystore, given.secrets);
  const sealer = new Sealer({ keystore, parameters: given.secrets });
  const isSealed = begun?.sealed === true;
  const entries = isSealed ? written.map((entry) => sealer.open(entry)) : written;
  const snapshot = isSealed ? sealer.open(newest) : newest;
  const stored = isSealed ? sealer.open(known.parameters) : known.parameters;
  const parameters = { ...(stored as Record<string, unknown>), ...given.secrets };
  const startedAtMs = begun?.atMs ?? known.createdAtMs;
  const noting = new NotingPorts(ports);
  const all = { parameters, config, keystore, workflow: plan.name, startedAtMs, ports: noting };
  const constants = new RunConstants(new FixedIdentity(known.id), all);
  return { snapshot, entries, parameters, startedAtMs, sealer, constants };
}

async function entriesOf(run: string, { journal }: RecordingTerms, after = 0): Promise<RunEntry[]> {
  const entries: RunEntry[] = [];
  for await (const page of readRecord(journal, run, after)) for (const entry of page) entries.push(entry);
  return entries;
}

/** Secret parameters that a run needs from its beginning. */
function requiredSecrets({ definition }: Plan): readonly string[] {
  return definition.parameters
    .filter(({ secret, required, default: value }) => secret && required && value === undefined)
    .map(({ name }) => `parameters.${name}`);
}

function checkSecrets(
  run: string,
  begun: { readonly secrets?: readonly string[] } | null,
  keystore: Readonly<Record<string, unknown>>,
  parameters: Readonly<Record<string, unknown>>,
): void {
  const given: Readonly<Record<string, unknown>> = { keystore, parameters };
  const missing = (begun?.secrets ?? []).filter((name) => {
    const [root, key] = [name.slice(0, name.indexOf('.')), name.slice(name.indexOf('.') + 1)];
    const value = (given[root] as Readonly<Record<string, unknown>> | undefined)?.[key];
    return value === undefined || value === null;
  });
  if (missing.length === 0) return;
  const message = `run ${run} needs secrets that were not given: ${missing.join(', ')}`;
  throw new HeddleError('HEDDLE_RUN_BLOCKED', message, { run });
}
