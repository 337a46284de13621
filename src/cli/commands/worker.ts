import { InvalidArgumentError, Option } from 'commander';
import type { Durability } from '../../executor/index.ts';
import { collect, examples, type DefineCommand } from '../command.ts';
import { loadEnvironment, withActionOptions, type ActionOptions } from '../environment.ts';
import { EXIT } from '../exit-code.ts';
import { readMapping } from '../mapping-file.ts';
import { durationOption, serverOptions, sizeOption, withServerOptions, type ServerOptions } from '../queue/options.ts';
import { workerLog } from '../queue/worker-log.ts';
import { watchInterrupts } from '../run/interrupt.ts';
import { positiveInteger } from '../run/options.ts';
import { given } from '../../workflow/read-task.ts';

interface WorkerCommandOptions extends ServerOptions, ActionOptions {
  readonly queue?: readonly string[];
  readonly concurrency?: number;
  readonly slots?: number;
  readonly secrets?: string;
  readonly env?: readonly string[];
  readonly distributeFrom?: number;
  readonly grace?: number;
  readonly lock?: number;
  readonly maxHeap?: number;
  readonly healthPort?: number;
  readonly durability?: Durability;
  readonly allowEviction?: true;
  readonly verbose?: true;
  readonly json?: true;
}

/** How long connections may take to end after the worker has, in milliseconds. */
const LAST_MS = 1000;

/** `heddle worker`: takes work from a queue until it is told to stop. */
export const define: DefineCommand = (command, { terminal, debug }) => {
  withActionOptions(withServerOptions(command))
    .option('--queue <NAME>', 'queue whose work it takes; may be given several times (default: default)', collect)
    .option('--concurrency <N>', 'runs that it advances at once, of each queue (default: 10)', positiveInteger)
    .option('--slots <N>', 'chunks of iterations that it works on at once, of each queue (default: 4)', positiveInteger)
    .option('--secrets <FILE>', 'YAML or JSON mapping: keystore in templates, and secret parameters by name')
    .option('--env <NAME>', 'let env() read this environment variable', collect)
    .option(
      '--distribute-from <N>',
      'items from which a task is spread that does not say (default: 1000)',
      positiveInteger,
    )
    .option(
      '--grace <TIME>',
      'how long work in flight may go on after SIGTERM (default: 30s)',
      durationOption('--grace'),
    )
    .option(
      '--lock <TIME>',
      'runs of a dead worker go on within twice this time (default: 10s)',
      durationOption('--lock'),
    )
    .option(
      '--max-heap <SIZE>',
      'heap above which it takes no work (default: 85 % of what there may be)',
      sizeOption('--max-heap'),
    )
    .option('--health-port <PORT>', 'answer /health and /ready there', portOption)
    .addOption(
      new Option('--durability <HOW>', 'batched (default) or strict: when what a run did is written').choices([
        'batched',
        'strict',
      ]),
    )
    .option('--allow-eviction', 'work on a Redis that may remove keys when it is full')
    .option('--verbose', 'a line for each chunk too')
    .option('--json', 'the log as lines of JSON')
    .addHelpText(
      'after',
      examples(
        ['heddle worker --url redis://queue:6379', 'takes what is enqueued there'],
        ['heddle worker --queue gpu --slots 1', 'one chunk at a time, of tasks with queue: gpu'],
        ['heddle worker --actions actions.ts --secrets keys.yaml', 'with actions and secrets of its own'],
        ['heddle worker --health-port 8080', '/health and /ready for an orchestrator'],
      ) +
        '\n\nSIGTERM: it takes no more work, lets what is in flight end, hands the rest back and ends with 0; a second one ends it now.',
    )
    .action(async (options: WorkerCommandOptions) => {
      const { err } = terminal;
      const environment = await loadEnvironment(options, terminal);
      const secrets =
        options.secrets === undefined ? {} : await readMapping(options.secrets, terminal, { what: 'secrets' });
      const { createWorker } = await import('../../queue/index.ts');
      const worker = createWorker({
        ...(await serverOptions(options, terminal)),
        actions: await environment.allActions(),
        config: environment.config,
        keystore: { ...environment.keystore, ...secrets },
        secrets,
        env: [...environment.env, ...(options.env ?? [])],
        ...given({
          queues: options.queue,
          concurrency: options.concurrency,
          slots: options.slots,
          distributeFrom: options.distributeFrom,
          graceMs: options.grace,
          lockMs: options.lock,
          maxHeapBytes: options.maxHeap,
          healthPort: options.healthPort,
          durability: options.durability,
          allowEviction: options.allowEviction,
        }),
      });
      const log = { debug, ...given({ json: options.json, verbose: options.verbose }) };
      worker.on(workerLog(terminal, log, () => Date.now()));
      const closed = new Promise<void>((resolve) =>
        worker.on((event) => {
          if (event.type === 'state' && event.state === 'closed') resolve();
        }),
      );
      const stop = watchInterrupts(process, {
        first: () => void worker.close(),
        second: () => process.exit(EXIT.cancelled),
      });
      try {
        await worker.start();
        if (worker.healthPort !== null) err.line(err.color.dim(`/health and /ready on port ${worker.healthPort}`));
        await closed;
        // A connection that waits for a server which is away would keep the process.
        setTimeout(() => process.exit(EXIT.succeeded), LAST_MS).unref();
      } finally {
        stop();
      }
    });
};

function portOption(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}
