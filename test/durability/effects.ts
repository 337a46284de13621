import { createServer, type Server, type Socket } from 'node:net';

/** One side effect that arrived. */
export interface Effect {
  /** Which iteration it is of. */
  readonly index: number;
  readonly idempotencyKey: string;
}

/**
 * The world outside of the process that is killed: takes side effects over a socket, notes each, and acknowledges it. An
 * action has its result only once the effect has happened.
 */
export class World {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly effects: Effect[] = [];
  /** Called after each effect, before it is acknowledged. */
  onEffect: ((count: number) => void) | null = null;
  /** While true, effects happen and are not acknowledged. */
  isSilent = false;
  #held: (() => void)[] = [];

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Where it listens. */
  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  /** Forgets what has happened. */
  reset(): void {
    this.effects.length = 0;
    this.onEffect = null;
    this.isSilent = false;
    this.#held = [];
  }

  /** Acknowledges what was held back. */
  speak(): void {
    this.isSilent = false;
    for (const acknowledge of this.#held.splice(0)) acknowledge();
  }

  /** How often each iteration's effect has happened. */
  counts(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { index } of this.effects) counts.set(index, (counts.get(index) ?? 0) + 1);
    return counts;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    // A process that is killed leaves a broken connection behind.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    let rest = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line, socket);
    });
  }

  #take(line: string, socket: Socket): void {
    const [index = '', idempotencyKey = ''] = line.split(' ');
    this.effects.push({ index: Number(index), idempotencyKey });
    const acknowledge = (): void => {
      if (!socket.destroyed) socket.write(`${line}\n`);
    };
    this.onEffect?.(this.effects.length);
    if (this.isSilent) this.#held.push(acknowledge);
    else acknowledge();
  }
}

/** Actions whose side effect is a line to the {@link World}; their result depends on the input only. */
export const ACTIONS = `
import { connect } from 'node:net';

let socket;
const waiting = new Map();

function open(port) {
  let rest = '';
  socket = connect(port, '127.0.0.1').setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\\n');
    rest = lines.pop();
    for (const line of lines) {
      waiting.get(line)?.();
      waiting.delete(line);
    }
  });
}

const effect = {
  name: 'demo.effect',
  input: { type: 'object', properties: { port: { type: 'integer' }, index: { type: 'integer' }, size: { type: 'integer', default: 0 } }, required: ['port', 'index'] },
  run: ({ port, index, size }, { idempotencyKey }) => {
    if (socket === undefined) open(port);
    const line = index + ' ' + idempotencyKey;
    return new Promise((resolve) => {
      waiting.set(line, () => resolve({ square: index * index, text: 'x'.repeat(size) }));
      socket.write(line + '\\n');
    });
  },
};

/** Text of all that can be printed, in no order, so that little can be made of it by compressing; the same every time. */
function noise(length) {
  let state = 1;
  let text = '';
  while (text.length < length) {
    state = (state * 48271) % 2147483647;
    const code = 35 + (state % 91);
    text += String.fromCharCode(code === 92 ? 33 : code);
  }
  return text;
}

export default [effect, { name: 'demo.noise', run: ({ length }) => noise(length) }];
`;
