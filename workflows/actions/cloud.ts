/**
 * A small simulated cloud for `deployment.yaml`. It forgets everything when the process ends. A region needs a few
 * looks before it is healthy after a deployment, as a real one does.
 */
import { ActionError, defineAction } from 'heddle';

interface Region {
  version: string;
  previous: string;
  /** Looks at its health that will still answer "starting". */
  startingFor: number;
}

const FIRST_VERSION = '1.0.0';
const regions = new Map<string, Region>();
const locks = new Set<string>();

function regionOf(name: string): Region {
  let region = regions.get(name);
  if (region === undefined)
    regions.set(name, (region = { version: FIRST_VERSION, previous: FIRST_VERSION, startingFor: 0 }));
  return region;
}

export const lock = defineAction({
  name: 'cloud.lock',
  description: 'Take the deployment lock of an environment, so that no two deployments overlap',
  input: {
    type: 'object',
    properties: { environment: { type: 'string' } },
    required: ['environment'],
    additionalProperties: false,
  },
  run: ({ environment }) => {
    if (locks.has(environment)) throw new ActionError(`${environment} is being deployed by somebody else`);
    locks.add(environment);
    return { environment };
  },
});

export const unlock = defineAction({
  name: 'cloud.unlock',
  description: 'Give the deployment lock of an environment back',
  input: {
    type: 'object',
    properties: { environment: { type: 'string' } },
    required: ['environment'],
    additionalProperties: false,
  },
  run: ({ environment }) => ({ released: locks.delete(environment) }),
});

export const backup = defineAction({
  name: 'cloud.backup',
  description: 'Take a backup of the database of an environment',
  input: {
    type: 'object',
    properties: { environment: { type: 'string' } },
    required: ['environment'],
    additionalProperties: false,
  },
  run: ({ environment }) => ({ backup: `${environment}-before-deployment` }),
});

export const deploy = defineAction({
  name: 'cloud.deploy',
  description: 'Deploy a version to one region',
  input: {
    type: 'object',
    properties: {
      region: { type: 'string' },
      version: { type: 'string' },
      refuse: { type: 'string', description: 'The region that refuses, to see what a failure does' },
    },
    required: ['region', 'version'],
    additionalProperties: false,
  },
  run: ({ region: name, version, refuse }) => {
    if (name === refuse) throw new ActionError(`no capacity in ${name}`, { retryable: false });
    const region = regionOf(name);
    regions.set(name, { version, previous: region.version, startingFor: 2 });
    return { region: name, version, previous: region.version };
  },
});

export const health = defineAction({
  name: 'cloud.health',
  description: 'Look at the health of regions',
  input: {
    type: 'object',
    properties: { regions: { type: 'array', items: { type: 'string' } } },
    required: ['regions'],
    additionalProperties: false,
  },
  run: ({ regions: names }) => {
    const starting = names.filter((name) => {
      const region = regionOf(name);
      region.startingFor -= 1;
      return region.startingFor >= 0;
    });
    return { healthy: starting.length === 0, starting };
  },
});

export const rollback = defineAction({
  name: 'cloud.rollback',
  description: 'Put one region back to the version it had before',
  input: {
    type: 'object',
    properties: { region: { type: 'string' } },
    required: ['region'],
    additionalProperties: false,
  },
  run: ({ region: name }) => {
    const region = regionOf(name);
    regions.set(name, { version: region.previous, previous: region.previous, startingFor: 0 });
    return { region: name, version: region.previous };
  },
});
