import { connect, type Socket } from 'node:net';
import type { ActionContext } from '../../src/actions/action.ts';

/** What `fault.effect` is given. */
interface EffectInput {
  /** Of the witness. */
  readonly port: number;
  readonly index: number;
  /** Bytes of text in the result. */
  readonly size?: number;
}

const sockets = new Map<number, Socket>();
const waiting = new Map<number, (answer: string) => void>();
let calls = 0;

function open(port: number): Socket {
  let rest = '';
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [id, answer = ''] = line.split(' ');
      waiting.get(Number(id))?.(answer);
      waiting.delete(Number(id));
    }
  });
  socket.on('error', () => sockets.delete(port));
  // By itself it keeps no process.
  socket.unref();
  sockets.set(port, socket);
  return socket;
}

/** The side effect is a line to the witness; the result depends on the input only. */
function effect(
  { port, index, size = 0 }: EffectInput,
  { idempotencyKey, signal }: Pick<ActionContext, 'idempotencyKey' | 'signal'>,
): Promise<unknown> {
  const socket = sockets.get(port) ?? open(port);
  const id = ++calls;
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => {
      if (!waiting.delete(id)) return;
      socket.write(`abort ${id}\n`);
      reject(new Error('the effect was called off'));
    });
    waiting.set(id, (answer) => {
      if (answer === 'die') process.kill(process.pid, 'SIGKILL');
      else if (answer === 'exit') process.exit(3);
      else if (answer === 'fail') reject(new Error(`effect ${index} failed`));
      else resolve({ square: index * index, text: 'x'.repeat(size) });
    });
    socket.write(`call ${id} ${process.pid} ${index} ${idempotencyKey} ${Date.now()}\n`);
  });
}

const whole = { type: 'integer' } as const;

/** The action of the fault tests. */
export default [
  {
    name: 'fault.effect',
    input: {
      type: 'object',
      properties: { port: whole, index: whole, size: { ...whole, default: 0 } },
      required: ['port', 'index'],
    } as const,
    run: effect,
  },
];
