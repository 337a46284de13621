import path from 'node:path';
import { Executor, loadWorkflow, type RunResult } from '../../src/index.ts';
import { loadConfig, type LoadedConfig } from '../../src/node/config.ts';

/** The directory of the examples. */
export const examples = path.resolve(import.meta.dirname, '../../workflows');

/** The configuration of the examples, with their own actions; loaded once, so that their state is one, too. */
export function exampleConfig(): Promise<LoadedConfig> {
  loading ??= loadConfig(path.join(examples, 'heddle.config.json'));
  return loading;
}
let loading: Promise<LoadedConfig> | undefined;

/** Runs an example for real, with its own actions. */
export async function runExample(name: string, parameters: Record<string, unknown> = {}): Promise<RunResult> {
  const actions = await (await exampleConfig()).actions();
  const workflow = await loadWorkflow(path.join(examples, `${name}.yaml`), { actions });
  return new Executor().run(workflow, parameters);
}
