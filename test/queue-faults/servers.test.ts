import { describe, test } from 'vitest';
import { hasRedis } from '../servers/redis-server.ts';
import { REDIS } from './place.ts';
import { describeServerDeaths } from './servers.ts';
import { Stage, type Loss } from './stage.ts';
import { verdict } from './verdict.ts';
import { ITEMS, spread } from './workflow.ts';

const EFFECT_MS = 10;

describe.runIf(hasRedis)('a server or a connection that breaks', () => {
  const stage = Stage.create(REDIS);

  describeServerDeaths(stage);

  test('connections that are cut in mid-command, again and again', async () => {
    const { witness } = stage;
    const workflow = spread();
    const { output } = await stage.undisturbed(workflow);
    const pairs = [await stage.behindProxy(), await stage.behindProxy()];
    witness.delayMs = EFFECT_MS;
    const losses: Loss[] = [];
    const middles = [1, 2, 3, 4, 5, 6].map((part) => witness.when((_, count) => count > (ITEMS * part) / 7));
    const run = await stage.enqueue(workflow);
    for (const [at, middle] of middles.entries()) {
      await middle;
      losses.push(await stage.atStake(run));
      const { proxy } = pairs[at % 2]!;
      if (at % 3 === 2) proxy.cut();
      else if (at % 3 === 1) await proxy.swallowReply();
      else await proxy.swallowCall('');
    }
    const twice = await verdict(stage, run, { output, items: ITEMS, losses });
    console.log(`${middles.length} cuts: ${twice} happened twice`);
  });
});
