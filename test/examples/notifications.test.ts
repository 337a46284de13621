import { describe, expect, it } from 'vitest';
import { runExample } from './example.ts';

describe('notifications', () => {
  it(
    'sends every subscribed user of 5,000 one message, although batches are refused and answers get lost',
    { timeout: 60_000 },
    async () => {
      const { status, output, tasks } = await runExample('notifications');
      expect(status).toBe('succeeded');
      // Every seventh user has unsubscribed. 43 batches: four are refused once, three are taken and answered with an error.
      expect(output).toEqual({
        users: 5000,
        sent: 4286,
        batches: 43,
        received: { requests: 50, messages: 4286, users: 4286, twice: 0 },
      });
      expect(tasks['every_user_once']?.status).toBe('succeeded');
    },
  );
});
