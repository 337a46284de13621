import { defineWorkflow } from '../../src/index.ts';
import type { Workflow } from '../../src/node/workflow.ts';
import ACTIONS from './actions.ts';

/** Iterations of a workflow, where nothing else is said. */
export const ITEMS = 2000;
/** Of them at once, everywhere together. */
export const CONCURRENCY = 20;
/** Numbers of the effects before and after the iterations. */
export const BEFORE = 1_000_000;
export const AFTER = 1_000_001;

/** A workflow whose iterations are spread, between two tasks whose effects happen where the run is. */
export function spread(
  more: { readonly items?: number; readonly task?: object; readonly limits?: object } = {},
): Workflow {
  const { items = ITEMS, task = {}, limits = {} } = more;
  const input = (index: unknown): object => ({ port: '<< parameters.port >>', index });
  const definition = {
    name: 'faults',
    parameters: { port: { type: 'integer', required: true }, size: { type: 'integer', default: 0 } },
    limits,
    tasks: [
      { name: 'before', action: 'fault.effect', input: { ...input(BEFORE), size: 20_000 } },
      {
        name: 'each',
        action: 'fault.effect',
        'with-items': `<< range(0, ${items}) >>`,
        distribute: true,
        concurrency: CONCURRENCY,
        input: { ...input('<< item >>'), size: '<< parameters.size >>' },
        ...task,
      },
      { name: 'after', action: 'fault.effect', input: { ...input(AFTER), size: '<< length(task.before.text) >>' } },
    ],
    output: {
      squares: '<< map(task.each, r => r?.square) >>',
      stats: "<< stats('each') >>",
      failures: "<< map(failures('each'), f => f.index) >>",
      after: '<< task.after >>',
    },
  };
  return defineWorkflow(definition, { actions: ACTIONS });
}
