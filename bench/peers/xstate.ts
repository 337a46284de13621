import type { TimedWork } from '../harness/comparison.ts';
import { loadPeer } from '../harness/peer.ts';

interface Actor {
  start(): Actor;
  send(event: { type: string }): void;
  getSnapshot(): { context: { x: number } };
}

interface Xstate {
  readonly createMachine: (config: object) => object;
  readonly createActor: (machine: object) => Actor;
  readonly assign: (changes: { x: (given: { context: { x: number } }) => number }) => object;
}

/** A machine of so many states, each of which adds one as it is left; an actor of its own for every run. */
export async function xstateChain(count: number): Promise<TimedWork> {
  const { createMachine, createActor, assign } = await loadPeer<Xstate>('xstate');
  const increment = assign({ x: ({ context }) => context.x + 1 });
  const states = Object.fromEntries(
    Array.from({ length: count + 1 }, (_, number) => [
      `s${number}`,
      number < count ? { on: { NEXT: { target: `s${number + 1}`, actions: increment } } } : { type: 'final' },
    ]),
  );
  const machine = createMachine({ initial: 's0', context: { x: 0 }, states });
  return {
    run: () => {
      const actor = createActor(machine).start();
      for (let number = 0; number < count; number++) actor.send({ type: 'NEXT' });
      return actor.getSnapshot().context.x;
    },
  };
}
