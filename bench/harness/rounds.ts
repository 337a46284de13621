import { spawn } from 'node:child_process';
import type { ChildReport } from './child.ts';
import type { Comparison, Variant } from './comparison.ts';
import { rootDirectory } from './bundle.ts';

/** Figures of one comparison, round by round. */
export class Figures {
  readonly comparison: Comparison;
  readonly #figures = new Map<string, number[]>();

  constructor(comparison: Comparison) {
    this.comparison = comparison;
  }

  /** Of every round, in their order; null where the variant did not take part in the case. */
  of(variant: string, name: string): readonly number[] | null {
    return this.#figures.get(`${name}/${variant}`) ?? null;
  }

  add(variant: string, name: string, figure: number): void {
    const key = `${name}/${variant}`;
    const figures = this.#figures.get(key);
    if (figures === undefined) this.#figures.set(key, [figure]);
    else figures.push(figure);
  }
}

/** How a comparison is measured. */
export interface RoundOptions {
  /** What child processes run. */
  readonly bundle: string;
  readonly rounds: number;
  /** Milliseconds of timing in each process. */
  readonly timeMs: number;
  /** Milliseconds of running before timing, for the compiler to come to an end; it takes its time on a busy machine. */
  readonly warmUpMs: number;
  readonly takes: (variant: Variant) => boolean;
  readonly cases: readonly string[];
  /** Called after each round with how many there have been. */
  readonly onRound: (round: number) => void;
}

/**
 * Measures a comparison: in every round each variant of each case once, in a process of its own, in an order that
 * changes from round to round, so that no variant always follows the same other.
 *
 * @throws where a variant fails or does not come to the same result as the others.
 */
export async function measureComparison(comparison: Comparison, options: RoundOptions): Promise<Figures> {
  const figures = new Figures(comparison);
  const entries = options.cases.flatMap((name) =>
    comparison.variants
      .filter((variant) => options.takes(variant) && variant.takes(name))
      .map((variant) => ({ name, variant: variant.name })),
  );
  const digests = new Map<string, string>();
  for (let round = 0; round < options.rounds; round++) {
    const start = (round * 7) % entries.length;
    for (const { name, variant } of [...entries.slice(start), ...entries.slice(0, start)]) {
      const report = await inProcess(options, [
        `--row=${comparison.name}`,
        `--case=${name}`,
        `--variant=${variant}`,
        `--expect=${digests.get(name) ?? ''}`,
        `--time=${options.timeMs}`,
        `--warm-up=${options.warmUpMs}`,
      ]);
      digests.set(name, report.digest);
      figures.add(variant, name, report.figure);
    }
    options.onRound(round + 1);
  }
  return figures;
}

function inProcess({ bundle }: RoundOptions, args: readonly string[]): Promise<ChildReport> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', bundle, ...args], {
      cwd: rootDirectory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      const line = output.trimEnd().split('\n').at(-1) ?? '';
      if (code === 0 && line.startsWith('{')) resolve(JSON.parse(line) as ChildReport);
      else reject(new Error(`${args.join(' ')}\n${errors.trim() || `ended with code ${code}`}`));
    });
  });
}
