import { PlanExecutor, type ActionCall, type RecordingSettings } from '../executor/index.ts';
import { evaluate } from '../expression/index.ts';
import type { MemoryJournal } from '../journal/memory/memory-journal.ts';
import { createNodeHost } from '../node/host.ts';
import type { Workflow } from '../node/workflow.ts';
import type { YamlDocument, YamlPath } from '../workflow/index.ts';
import type { Expectation, Mock, Rehearsal } from './definition.ts';
import { mismatches } from './expectation.ts';
import { MockTable } from './mocks.ts';
import type { Observation } from './observation.ts';
import type { Outline } from './outline.ts';
import { MAX_REAL_MS, perform, type Performance } from './performance.ts';
import { asWritten } from './read.ts';
import type { Problem, RehearsalReport } from './report.ts';
import { resultProblems } from './result-check.ts';
import { VirtualClock } from './virtual-clock.ts';

/** What rehearsing takes beside the rehearsal. */
export interface Stage {
  readonly workflow: Workflow;
  readonly outline: Outline;
  /** The file the rehearsal stands in. */
  readonly document: YamlDocument;
  /** What `config` gives where the rehearsal does not say otherwise. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** How a rehearsal went, and the mocks of it that answered something. */
export interface Rehearsed {
  readonly report: RehearsalReport;
  readonly used: ReadonlySet<Mock>;
}

/** One run of a rehearsal, and what must come out of it. */
interface Act {
  readonly path: YamlPath;
  /** Mocks that only this run has. */
  readonly own: readonly Mock[];
  readonly expect: Expectation;
  readonly performance: Performance;
}

const NOT_ENDED = 'the run before it has not ended, and only one that has can run again';

/** Runs a rehearsal in virtual time and compares what comes out. Never throws for what the run does. */
export async function rehearse(rehearsal: Rehearsal, stage: Stage): Promise<Rehearsed> {
  const startedMs = performance.now();
  const mocks = new MockTable(rehearsal.mocks, stage.outline.workflowsByName);
  const clock = new VirtualClock(rehearsal.nowMs);
  const acts = await performAll(rehearsal, stage, mocks, clock);
  const used = new Set(acts.flatMap(({ own }) => own).filter((mock) => mocks.servedBy(mock) > 0));
  const place = (at: YamlPath): Problem['location'] => placeOf(stage.document, at);
  const missed = rehearsal.reruns[acts.length - 1];
  const problems = [
    ...acts.flatMap((act) => problemsOf(act, rehearsal, used, stage.outline, place)),
    ...(missed === undefined ? [] : [{ subject: 'rerun', location: place(missed.path), note: NOT_ENDED }]),
  ];
  const { line, file } = place(rehearsal.namePath);
  return {
    report: {
      name: rehearsal.name,
      file: file ?? '',
      line,
      passed: problems.length === 0,
      problems,
      durationMs: performance.now() - startedMs,
      virtualMs: clock.monotonic(),
    },
    used,
  };
}

/** The run, and its reruns as far as they come about. */
async function performAll(
  rehearsal: Rehearsal,
  stage: Stage,
  mocks: MockTable,
  clock: VirtualClock,
): Promise<readonly Act[]> {
  const { path, expect, parameters, secrets: keystore, env, reruns, cancelAfterMs } = rehearsal;
  const { outline } = stage;
  const { plan } = stage.workflow;
  const config = { ...stage.config, ...rehearsal.config };
  const journal = reruns.length === 0 ? null : await createJournal(clock);
  const recording = journal === null ? {} : { recording: recordingIn(journal) };
  const executor = new PlanExecutor({ host: createNodeHost(clock), config, keystore, env, ...recording });
  const common = { rehearsal, outline, clock, workflow: plan.name, executor };
  const first = await perform({
    ...common,
    mocks,
    ...(cancelAfterMs === undefined ? {} : { cancelAfterMs }),
    start: (intercept) => executor.startPlan(plan, parameters, { intercept }),
  });
  const acts: Act[] = [{ path, own: rehearsal.mocks, expect, performance: first }];
  const id = first.run?.id;
  if (journal === null || id === undefined) return acts;
  const given = plan.parameters.complete(parameters);
  const secrets = Object.fromEntries(plan.parameters.secret.map((name) => [name, given[name]]));
  for (const rerun of reruns) {
    const known = await journal.run(id);
    if (known === null || acts.at(-1)?.performance.seen.status === 'running') break;
    const selection = rerun.from === undefined ? ({ failed: true } as const) : { from: rerun.from };
    const shown = await perform({
      ...common,
      mocks: mocks.preceded(rerun.mocks),
      start: (intercept) => executor.resumePlan(plan, known, { intercept, secrets, rerun: selection }),
    });
    acts.push({ path: rerun.path, own: rerun.mocks, expect: rerun.expect, performance: shown });
  }
  return acts;
}

/** Loaded for reruns only: they go on from what a run recorded. */
async function createJournal(clock: VirtualClock): Promise<MemoryJournal> {
  const { MemoryJournal } = await import('../journal/memory/memory-journal.ts');
  return new MemoryJournal({ now: () => clock.now() });
}

/** Nobody else works on the runs of a rehearsal, and their plans are at hand. */
function recordingIn(journal: MemoryJournal): RecordingSettings {
  return { journal, owner: 'rehearsal', isGone: () => false, definitionOf: () => ({ hash: '', data: null }) };
}

function problemsOf(
  { path, own, expect, performance: shown }: Act,
  rehearsal: Rehearsal,
  used: ReadonlySet<Mock>,
  outline: Outline,
  place: Place,
): readonly Problem[] {
  const { seen, unmocked, given, isStuck } = shown;
  return [
    ...(isStuck ? [stuck(rehearsal, place)] : []),
    ...unmockedProblems(path, unmocked, place),
    ...resultMismatches(given, outline, place),
    ...mismatches(expect, seen, evaluate).map(({ path: at, ...rest }) => ({ ...rest, location: place(at) })),
    ...unusedProblems(rehearsal, own, used, seen, place),
  ];
}

/** Mocked results that the action cannot give. */
function resultMismatches(given: ReadonlyMap<Mock, string>, outline: Outline, place: Place): readonly Problem[] {
  return [...given].flatMap(([mock, action]): readonly Problem[] => {
    const schema = outline.outputs.get(action);
    if (schema === undefined || mock.result === null) return [];
    const found = resultProblems(schema, mock.result);
    if (found.length === 0) return [];
    const note = `${action} does not give such a result:\n${found.join('\n')}`;
    return [{ subject: describeMock(mock), location: place([...mock.path, 'result']), note }];
  });
}

/** A place of a rehearsal file. */
export function placeOf(document: YamlDocument, at: YamlPath): Problem['location'] {
  const { start } = document.locate(asWritten(document, at));
  const { file } = document;
  return { ...(file === undefined ? {} : { file }), ...document.positionAt(start) };
}

type Place = (at: YamlPath) => Problem['location'];

function stuck(rehearsal: Rehearsal, place: Place): Problem {
  const seconds = String(MAX_REAL_MS / 1000);
  const note = `did not end within ${seconds} s of real time: an action that runs for real takes too long; mock it`;
  return { subject: 'allow', location: place([...rehearsal.path, 'allow']), note };
}

function unmockedProblems(path: YamlPath, calls: readonly ActionCall[], place: Place): readonly Problem[] {
  const byTask = new Map<string, ActionCall[]>();
  for (const call of calls) {
    const others = byTask.get(call.task);
    if (others === undefined) byTask.set(call.task, [call]);
    else others.push(call);
  }
  return [...byTask].map(([task, [first, ...more]]) => {
    const item = first?.index == null ? '' : `, item ${String(first.index)}`;
    const others = more.length === 0 ? '' : ` (and ${String(more.length)} more calls)`;
    const called = `called ${first?.action ?? ''} in execution ${String(first?.execution)}${item}${others}`;
    const advice = `add a mock such as '- { task: ${task}, result: … }', or list the action under 'allow'`;
    const note = `${called}: no mock answers it and it is not allowed to run for real;\n${advice}`;
    return { subject: `task ${task}`, location: place([...path, 'mocks']), note };
  });
}

/** Only its own mocks: those of the file may serve another rehearsal. */
function unusedProblems(
  rehearsal: Rehearsal,
  mocks: readonly Mock[],
  used: ReadonlySet<Mock>,
  seen: Observation,
  place: Place,
): readonly Problem[] {
  return mocks
    .filter((mock) => mock.path.length > 2 || rehearsal.path.length === 0)
    .filter((mock) => !used.has(mock) && !mock.isOptional)
    .map((mock) => unusedMock(mock, place(mock.path), whyUnused(mock, seen)));
}

/** A mock that answered no call. */
export function unusedMock(mock: Mock, location: Problem['location'], reason: string): Problem {
  return {
    subject: describeMock(mock),
    location,
    note: `answered nothing: ${reason}; remove it, or mark it optional: true`,
  };
}

function describeMock(mock: Mock): string {
  const { task, action, items } = mock;
  const of = task ?? action ?? 'any action';
  return `mock of ${of}${items === undefined ? '' : `[${items.join(', ')}]`}`;
}

function whyUnused(mock: Mock, seen: Observation): string {
  if (mock.task === undefined) return 'no call was left for it';
  const calls = seen.inputs.get(mock.task)?.length ?? 0;
  const ran = seen.tasks.get(mock.task)?.status;
  if (calls === 0 && (ran === undefined || ran === 'pending')) return `${mock.task} did not run`;
  if (ran === 'skipped') return `${mock.task} was skipped`;
  if (calls === 0) return `${mock.task} made no call of an action`;
  const earlier = 'or mocks before it answered them all';
  return `none of the calls of ${mock.task} fits it (${String(calls)}, retries aside), ${earlier}`;
}
