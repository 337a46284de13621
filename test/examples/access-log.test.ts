import { describe, expect, it } from 'vitest';
import { runExample } from './example.ts';

describe('access-log', { timeout: 30_000 }, () => {
  it('counts the 10,000 lines of the log', async () => {
    const { status, output, tasks } = await runExample('access-log');
    expect(status).toBe('succeeded');
    expect(tasks['read']?.stats).toEqual({ total: 10_000, succeeded: 10_000, failed: 0, skipped: 0 });
    const report = String(output['report']);
    expect(report).toContain('10000 requests from 1753 addresses. 0 lines could not be read.');
    // Each of these can be had from the log with awk, sort and uniq.
    for (const row of [
      '| 200 | 9126 | 2735455845 |',
      '| 304 | 445 | 0 |',
      '| 404 | 213 | 262219 |',
      '| 500 | 3 | 626 |',
      '| 482 | 66.249.73.135 |',
      '| 82 | 198.46.149.143 |',
      '| 807 | /favicon.ico |',
      '| 180 | /robots.txt |',
    ]) {
      expect(report).toContain(row);
    }
    expect(report.split('## Server errors')[1]?.trim().split('\n')).toEqual([
      '- 18/May/2015:03:05:34 +0000 500 GET /misc/Title.php.txt from 66.249.73.135',
      '- 18/May/2015:15:05:42 +0000 500 GET /misc/Title.php.txt from 66.249.73.135',
      '- 20/May/2015:14:05:16 +0000 500 OPTIONS /projects/xdotool/ from 64.131.102.243',
    ]);
  });

  it('lists ten addresses and ten paths', async () => {
    const { output } = await runExample('access-log');
    const [, addresses, paths] = String(output['report']).split(/^## .*$/m);
    const rows = (section = ''): number => section.split('\n').filter((line) => /^\| \d/.test(line)).length;
    expect([rows(addresses), rows(paths)]).toEqual([10, 10]);
  });
});
