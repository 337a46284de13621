import { describe } from 'vitest';
import { hasPostgres } from '../servers/postgres-server.ts';
import { describeKills } from './kills.ts';
import { describePermits } from './permits.ts';
import { POSTGRES } from './place.ts';
import { describeServerDeaths } from './servers.ts';
import { Stage } from './stage.ts';

describe.runIf(hasPostgres)('on PostgreSQL', () => {
  const stage = Stage.create(POSTGRES);
  describeKills(stage);
  describeServerDeaths(stage);
  describePermits(stage);
});
