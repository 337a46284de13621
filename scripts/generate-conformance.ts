/**
 * Writes rehearsals of the test cases of StackStorm Orquesta, as `rehearsals.json` holds them.
 * Run: node --import jiti/register scripts/generate-conformance.ts [DIRECTORY]
 *
 * DIRECTORY holds `rehearsals.json` and the workflows that it names; what is written goes to `rehearsals/` in it.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { dump } from 'js-yaml';

/** A test case; the keys are explained in `test/conformance/orquesta/README.md`. */
interface Specification {
  readonly name: string;
  readonly workflow: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly mock_action_executions?: readonly MockedExecution[];
  readonly expected_task_sequence: readonly string[];
  readonly expected_workflow_status?: string;
  readonly expected_term_tasks?: readonly string[];
  readonly expected_output?: unknown;
  readonly expected_errors?: readonly { readonly task_id?: string; readonly message: string }[];
}

interface MockedExecution {
  readonly task_id: string;
  readonly item_id?: number;
  readonly seq_id?: number;
  readonly num_iter?: number;
  readonly status?: string;
  readonly result?: unknown;
}

const COMMANDS: ReadonlySet<string> = new Set(['continue', 'noop', 'fail']);

/** The default directory. */
export const CONFORMANCE = path.resolve(import.meta.dirname, '../test/conformance/orquesta');

/** The text of each file of rehearsals by its path from the directory: one for each group of cases. */
export async function generateRehearsals(directory: string): Promise<Record<string, string>> {
  const text = await readFile(path.join(directory, 'rehearsals.json'), 'utf8');
  const groups = new Map<string, Specification[]>();
  for (const specification of JSON.parse(text) as Specification[]) {
    const [group = ''] = specification.name.split('.');
    groups.set(group, [...(groups.get(group) ?? []), specification]);
  }
  return Object.fromEntries(
    [...groups].map(([group, cases]) => [
      `rehearsals/${group.replaceAll('_', '-')}.rehearsal.yaml`,
      '# Written by scripts/generate-conformance.ts from rehearsals.json.\n' +
        dump(
          { mocks: [{ optional: true }], rehearsals: cases.map(toRehearsal) },
          { flowLevel: 4, lineWidth: 120, noRefs: true },
        ),
    ]),
  );
}

function toRehearsal(specification: Specification): unknown {
  const {
    name,
    workflow,
    inputs,
    mock_action_executions: mocks = [],
    expected_task_sequence: sequence,
  } = specification;
  const steps = sequence.map(step);
  return {
    name,
    workflow: `../${workflow}`,
    ...(inputs === undefined ? {} : { parameters: inputs }),
    ...(mocks.length === 0 ? {} : { mocks: mocks.map((mock) => toMock(mock, steps)) }),
    expect: expectationOf(
      specification,
      steps.filter(({ task }) => !COMMANDS.has(task)),
    ),
  };
}

interface Step {
  readonly task: string;
  readonly route: number;
}

/** `task4__r2`: the same task on split route 2. */
function step(text: string): Step {
  const [task = '', route = '0'] = text.split('__r');
  return { task, route: Number(route) };
}

function toMock(
  { task_id: task, item_id: item, seq_id: at, num_iter: times = 1, status, result }: MockedExecution,
  steps: readonly Step[],
): unknown {
  return {
    task,
    ...(item === undefined ? {} : { item }),
    ...(at === undefined ? {} : { execution: steps.slice(0, at + 1).filter((each) => each.task === task).length }),
    times,
    ...(status === undefined ? {} : { status: status === 'running' ? 'never' : status }),
    ...(result === undefined ? {} : { result }),
  };
}

function expectationOf(specification: Specification, steps: readonly Step[]): unknown {
  const { expected_workflow_status: status, expected_term_tasks: terminal, expected_output: output } = specification;
  const { expected_errors: errors } = specification;
  return {
    ...(status === undefined ? {} : { status }),
    tasks: steps.map(({ task }) => task),
    routes: new Set(steps.map(({ route }) => route)).size,
    ...(terminal === undefined ? {} : { terminal: terminal.map((text) => step(text).task) }),
    ...(output === undefined ? {} : { output }),
    ...(errors === undefined ? {} : { errors: errors.map(errorOf) }),
  };
}

function errorOf({ task_id: task, message }: { readonly task_id?: string; readonly message: string }): unknown {
  return {
    ...(task === undefined ? {} : { task }),
    ...(message.startsWith('UnreachableJoinError') ? { code: 'HEDDLE_JOIN_UNREACHABLE' } : {}),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const directory = process.argv[2] === undefined ? CONFORMANCE : path.resolve(process.argv[2]);
  await mkdir(path.join(directory, 'rehearsals'), { recursive: true });
  for (const [file, text] of Object.entries(await generateRehearsals(directory))) {
    await writeFile(path.join(directory, file), text);
  }
}
