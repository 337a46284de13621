// A worker in a process of its own, for tests that kill or stop it. What happens in it is told on standard output, a line
// of JSON each. SIGTERM ends it as it ends `heddle worker`.
//   worker-program.ts OPTIONS     options of createWorker, as JSON
import { createWorker, type WorkerOptions } from '../../src/queue/index.ts';
import ACTIONS from './actions.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as WorkerOptions;
const tell = (event: unknown): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

const worker = createWorker({ ...options, actions: ACTIONS });
worker.on((event) =>
  tell(event.type === 'error' ? { type: 'error', code: event.error.code, message: event.error.message } : event),
);
process.once('SIGTERM', () => void worker.close());
await worker.start();
