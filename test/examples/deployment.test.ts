import { describe, expect, it } from 'vitest';
import { runExample } from './example.ts';

describe('deployment', { timeout: 30_000 }, () => {
  it('deploys and looks until the regions are healthy', async () => {
    const { status, output, tasks } = await runExample('deployment', { version: '2.0.0' });
    expect(status).toBe('succeeded');
    expect(output).toEqual({ environment: 'staging', version: '2.0.0', outcome: 'deployed', looks: 3 });
    expect(tasks['backup']?.status).toBe('pending');
    expect(tasks['look']?.executions).toBe(3);
  });

  it('takes a backup of production first', async () => {
    const { status, tasks } = await runExample('deployment', { environment: 'production' });
    expect(status).toBe('succeeded');
    expect(tasks['backup']?.status).toBe('succeeded');
  });

  it('rolls back what was deployed when a region refuses, gives the lock back and fails', async () => {
    const first = await runExample('deployment', { version: '2.1.0', refuse: 'us-east' });
    expect(first.status).toBe('failed');
    expect(first.output).toMatchObject({ outcome: 'rolled back' });
    expect(first.tasks['roll_back']?.stats).toMatchObject({ total: 2, succeeded: 2 });
    expect(first.tasks['look']?.status).toBe('pending');
    expect(first.errors.find(({ task }) => task === 'deploy')).toMatchObject({ key: 'us-east', handled: true });
    // A lock that was not given back would stop this one.
    const second = await runExample('deployment', { version: '2.1.1' });
    expect(second.status).toBe('succeeded');
  });

  it('refuses a pre-release in production before anything happens', async () => {
    const { status, errors, tasks } = await runExample('deployment', {
      environment: 'production',
      version: '3.0.0-rc.1',
    });
    expect(status).toBe('failed');
    expect(errors).toMatchObject([{ task: 'validate', code: 'HEDDLE_ASSERTION' }]);
    expect(tasks['lock']?.executions).toBe(0);
  });
});
