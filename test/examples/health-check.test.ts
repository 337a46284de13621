import { describe, expect, it } from 'vitest';
import { runExample } from './example.ts';

describe('health-check', () => {
  it('finds the 39 of 1,000 servers that are not well, and why', { timeout: 60_000 }, async () => {
    const { status, output, tasks } = await runExample('health-check');
    expect(status).toBe('succeeded');
    expect(output).toMatchObject({
      checked: 1000,
      healthy: 961,
      why: { HEDDLE_HTTP_STATUS: 25, HEDDLE_HTTP_CONNECTION: 10, HEDDLE_TIMEOUT: 4 },
    });
    expect(output['no_answer']).toHaveLength(14);
    expect(tasks['check_health']?.failureGroups?.map(({ code, count }) => [code, count])).toEqual([
      ['HEDDLE_HTTP_STATUS', 25],
      ['HEDDLE_HTTP_CONNECTION', 10],
      ['HEDDLE_TIMEOUT', 4],
    ]);
    expect(tasks['stop_fleet']?.status).toBe('succeeded');
  });

  it('fails, and still stops the servers, when more than one in twenty is not well', async () => {
    // web-0007 is overloaded: one of eight.
    const { status, output, tasks } = await runExample('health-check', { servers: 8 });
    expect(status).toBe('failed');
    expect(output).toMatchObject({ checked: 8, healthy: 7, why: { HEDDLE_HTTP_STATUS: 1 }, no_answer: [] });
    expect(tasks['stop_fleet']?.status).toBe('succeeded');
  });
});
