import type { Action } from '../actions/action.ts';
import { HeddleError } from '../errors/index.ts';
import type { ActionCall, Run, RunError, RunResult } from '../executor/index.ts';
import { evaluate } from '../expression/index.ts';
import { Executor } from '../node/executor.ts';
import type { Workflow } from '../node/workflow.ts';
import type { YamlDocument, YamlPath } from '../workflow/index.ts';
import { createInterceptor } from './answer.ts';
import type { Mock, Rehearsal } from './definition.ts';
import { mismatches } from './expectation.ts';
import { MockTable } from './mocks.ts';
import { Observer, type Observation } from './observation.ts';
import type { Outline } from './outline.ts';
import { asWritten } from './read.ts';
import type { Problem, RehearsalReport } from './report.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A rehearsal that takes longer than this in real time is given up. */
const MAX_REAL_MS = 60_000;

/** What rehearsing takes beside the rehearsal. */
export interface Stage {
  readonly workflow: Workflow;
  readonly outline: Outline;
  /** The file the rehearsal stands in. */
  readonly document: YamlDocument;
  readonly actions: readonly Action[];
  /** What `config` gives where the rehearsal does not say otherwise. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** What a rehearsed run showed. */
interface Performance {
  readonly seen: Observation;
  readonly unmocked: readonly ActionCall[];
  /** Whether it was given up. */
  readonly isStuck: boolean;
}

/** How a rehearsal went, and the mocks of it that answered something. */
export interface Rehearsed {
  readonly report: RehearsalReport;
  readonly used: ReadonlySet<Mock>;
}

/** Runs a rehearsal in virtual time and compares what comes out. Never throws for what the run does. */
export async function rehearse(rehearsal: Rehearsal, stage: Stage): Promise<Rehearsed> {
  const startedMs = performance.now();
  const mocks = new MockTable(rehearsal.mocks);
  const { seen, unmocked, isStuck } = await perform(rehearsal, mocks, stage);
  const used = new Set(rehearsal.mocks.filter((mock) => mocks.servedBy(mock) > 0));
  const place = (at: YamlPath): Problem['location'] => placeOf(stage.document, at);
  const problems: Problem[] = [
    ...(isStuck ? [stuck(rehearsal, place)] : []),
    ...unmockedProblems(rehearsal, unmocked, place),
    ...mismatches(rehearsal.expect, seen, evaluate).map(({ path: at, ...rest }) => ({ ...rest, location: place(at) })),
    ...unusedProblems(rehearsal, used, seen, place),
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
      virtualMs: seen.durationMs,
    },
    used,
  };
}

async function perform(rehearsal: Rehearsal, mocks: MockTable, stage: Stage): Promise<Performance> {
  const clock = new VirtualClock(rehearsal.nowMs);
  const observer = new Observer();
  const unmocked: ActionCall[] = [];
  const intercept = createInterceptor({
    mocks,
    allow: rehearsal.allow,
    clock,
    isWorkflow: (action) => stage.outline.workflows.has(action),
    hasTimeout: (task) => stage.outline.withTimeout.has(task),
    onCall: (call) => {
      observer.onCall(call);
    },
    onUnmocked: (call) => unmocked.push(call),
  });
  const { secrets: keystore, env } = rehearsal;
  const config = { ...stage.config, ...rehearsal.config };
  let run: Run;
  try {
    const executor = new Executor({ actions: stage.actions, config, keystore, env, clock });
    run = executor.start(stage.workflow, rehearsal.parameters, { intercept });
  } catch (error) {
    return { seen: observer.observe(notStarted(stage, rehearsal, error), 0), unmocked, isStuck: false };
  }
  run.on('events', (event) => {
    observer.onEvent(event);
  });
  run.on('values', (event) => {
    observer.onEvent(event);
  });
  const ended = await Promise.race([
    run.result.catch((error: unknown) => notStarted(stage, rehearsal, error)),
    waitUntilNothingHappens(clock),
  ]);
  const seen = observer.observe(typeof ended === 'string' ? undefined : ended, clock.monotonic());
  if (typeof ended === 'string') run.cancel('the rehearsal is over');
  clock.stop();
  return { seen, unmocked, isStuck: ended === 'stuck' };
}

/** `stalled`: nothing can happen any more; `stuck`: a real action takes too long. */
function waitUntilNothingHappens(clock: VirtualClock): Promise<'stalled' | 'stuck'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve('stuck');
    }, MAX_REAL_MS);
    timer.unref();
    clock.start(() => {
      clearTimeout(timer);
      resolve('stalled');
    });
  });
}

/** A run that was refused, as one that failed at once. */
function notStarted(stage: Stage, rehearsal: Rehearsal, thrown: unknown): RunResult {
  if (!(thrown instanceof HeddleError)) throw thrown;
  const { code, message } = thrown;
  const error: RunError = { task: null, execution: null, index: null, key: null, code, message, handled: false };
  return {
    id: '',
    workflow: stage.workflow.name,
    status: 'failed',
    output: {},
    error,
    errors: [error],
    tasks: {},
    startedAtMs: rehearsal.nowMs,
    durationMs: 0,
  };
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

function unmockedProblems(rehearsal: Rehearsal, calls: readonly ActionCall[], place: Place): readonly Problem[] {
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
    return { subject: `task ${task}`, location: place([...rehearsal.path, 'mocks']), note };
  });
}

/** Only its own mocks: those of the file may serve another rehearsal. */
function unusedProblems(
  rehearsal: Rehearsal,
  used: ReadonlySet<Mock>,
  seen: Observation,
  place: Place,
): readonly Problem[] {
  const own = rehearsal.mocks.filter((mock) => mock.path.length > 2 || rehearsal.path.length === 0);
  return own
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
  if (ran === undefined || ran === 'pending') return `${mock.task} did not run`;
  if (ran === 'skipped') return `${mock.task} was skipped`;
  if (calls === 0) return `${mock.task} made no call of an action`;
  const earlier = 'or mocks before it answered them all';
  return `none of the calls of ${mock.task} fits it (${String(calls)}, retries aside), ${earlier}`;
}
