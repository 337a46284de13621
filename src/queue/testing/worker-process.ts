// A worker of its own, for tests that kill or stop it. Tells on standard output what happens, a line each.
//   worker-process.ts URL PREFIX LOCK_MS hold | block:MS
import { HeddleError } from '../../errors/index.ts';
import { openBroker } from '../broker/open-broker.ts';

const [url = '', prefix = '', lockMs = '', mode = ''] = process.argv.slice(2);
const tell = (line: string): void => void process.stdout.write(`${line}\n`);

const broker = await openBroker({
  url,
  prefix,
  lockMs: Number(lockMs),
  onError: ({ message }) => tell(`error ${message}`),
});
broker.onState((state) => tell(state));
broker.work('run', 'default', 1, async ({ id, signal }) => {
  tell(`taken ${id}`);
  const [what, forMs = '0'] = mode.split(':');
  if (what === 'hold') {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    tell(`aborted ${signal.reason instanceof HeddleError ? signal.reason.code : String(signal.reason)}`);
    return;
  }
  const untilMs = Date.now() + Number(forMs);
  while (Date.now() < untilMs);
  // What the thread has told meanwhile arrives now.
  await new Promise((resolve) => setTimeout(resolve, 50));
  tell(signal.aborted ? 'aborted' : `done ${id}`);
});
tell('ready');
