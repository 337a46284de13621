/**
 * The servers that `health-check.yaml` checks: HTTP listeners on free ports of the loopback interface, in the process
 * of the run. Most answer, some are slow, down, overloaded or only overloaded at first.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineAction } from 'heddle';

type Condition = 'healthy' | 'overloaded' | 'flaky' | 'down' | 'slow';

/** Of 1,000 servers 10 are down, 4 slow, 25 overloaded and 20 flaky; which ones follows from their number alone. */
function conditionOf(number: number): Condition {
  if (number % 100 === 33) return 'down';
  if (number % 250 === 99) return 'slow';
  if (number % 40 === 7) return 'overloaded';
  if (number % 50 === 21) return 'flaky';
  return 'healthy';
}

function listen(condition: Condition, slowMs: number): Promise<Server> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    const answer = (status: number): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: status === 200 ? 'ok' : 'overloaded', requests }));
    };
    if (condition === 'slow') setTimeout(answer, slowMs, 200).unref();
    else answer(condition === 'overloaded' || (condition === 'flaky' && requests === 1) ? 503 : 200);
  });
  // A run that ends without `fleet.stop` must not keep the process alive.
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

const fleets = new Map<string, Server[]>();

export const startFleet = defineAction({
  name: 'fleet.start',
  description: 'Start HTTP servers on the loopback interface, some of them slow, down or overloaded',
  input: {
    type: 'object',
    properties: {
      servers: { type: 'integer', minimum: 1, maximum: 5000, description: 'How many servers' },
      slow_ms: { type: 'integer', minimum: 0, default: 5000, description: 'How long a slow server takes to answer' },
    },
    required: ['servers'],
    additionalProperties: false,
  },
  run: async ({ servers: count, slow_ms: slowMs }) => {
    const conditions = Array.from({ length: count }, (_, number) => conditionOf(number));
    const listeners = await Promise.all(conditions.map((condition) => listen(condition, slowMs)));
    const servers = listeners.map((listener, number) => ({
      name: `web-${String(number).padStart(4, '0')}`,
      health_url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/health`,
    }));
    // Closed only now, so that no other server of the fleet is given the port of one that is down.
    await Promise.all(listeners.filter((_, number) => conditions[number] === 'down').map(close));
    const fleet = `fleet-${fleets.size + 1}`;
    fleets.set(
      fleet,
      listeners.filter((_, number) => conditions[number] !== 'down'),
    );
    return { fleet, servers };
  },
});

export const stopFleet = defineAction({
  name: 'fleet.stop',
  description: 'Stop the servers that fleet.start started',
  input: {
    type: 'object',
    properties: { fleet: { type: 'string', description: 'The fleet that fleet.start gave' } },
    required: ['fleet'],
    additionalProperties: false,
  },
  run: async ({ fleet }) => {
    const servers = fleets.get(fleet) ?? [];
    fleets.delete(fleet);
    await Promise.all(servers.map(close));
    return { stopped: servers.length };
  },
});
