/**
 * The service that `notifications.yaml` talks to: an HTTP server on the loopback interface, in the process of the run.
 * It lists users, takes batches of messages and tells what it got.
 *
 * It misbehaves in the two ways that matter to a sender. Every tenth batch is refused the first time (503, nothing
 * taken); every fifteenth is taken but answered with 502, so that the sender must send it again. A batch that comes
 * again under the same `idempotency-key` is not taken twice.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineAction } from 'heddle';

interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly plan: string;
  readonly subscribed: boolean;
  readonly unread: readonly { readonly title: string }[];
}

interface Message {
  readonly user: number;
  readonly text: string;
}

const NAMES = ['Ada', 'Blaise', 'Carl', 'Dorothy', 'Edsger', 'Frances', 'Grace', 'Hedy'];
const TITLES = ['Your invoice is ready', 'New comment on your page', 'Password changed', 'Backup finished'];

/** Every seventh user has unsubscribed; the others have one to four unread entries. */
function userOf(id: number): User {
  return {
    id,
    name: `${NAMES[id % NAMES.length]} ${id}`,
    email: `user${id}@example.com`,
    plan: id % 10 === 0 ? 'team' : 'free',
    subscribed: id % 7 !== 0,
    unread: TITLES.slice(0, 1 + (id % TITLES.length)).map((title) => ({ title })),
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** What the service has taken, and which requests it has seen. */
class Mailbox {
  readonly #users: number;
  readonly #perUser = new Map<number, number>();
  readonly #taken = new Set<string>();
  readonly #seen = new Map<string, number>();
  #messages = 0;
  #requests = 0;

  constructor(users: number) {
    this.#users = users;
  }

  users(): User[] {
    return Array.from({ length: this.#users }, (_, index) => userOf(index + 1));
  }

  /** Takes a batch once per key and gives the HTTP status to answer with. */
  take(key: string, messages: readonly Message[]): number {
    this.#requests += 1;
    const attempt = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, attempt);
    if (attempt === 1 && this.#seen.size % 10 === 0) return 503;
    if (!this.#taken.has(key)) {
      this.#taken.add(key);
      this.#messages += messages.length;
      for (const { user } of messages) this.#perUser.set(user, (this.#perUser.get(user) ?? 0) + 1);
    }
    return attempt === 1 && this.#seen.size % 15 === 7 ? 502 : 202;
  }

  /** Counts for the workflow's assertion: `twice` are users who got more than one message. */
  received(): Record<string, number> {
    const twice = [...this.#perUser.values()].filter((count) => count > 1).length;
    return { requests: this.#requests, messages: this.#messages, users: this.#perUser.size, twice };
  }
}

function serve(mailbox: Mailbox): Promise<Server> {
  const answer = async (request: IncomingMessage): Promise<[status: number, body: unknown]> => {
    const route = `${request.method} ${request.url}`;
    if (route === 'GET /users') return [200, { users: mailbox.users() }];
    if (route === 'GET /received') return [200, mailbox.received()];
    if (route !== 'POST /messages') return [404, { error: `there is no ${route}` }];
    const { messages } = (await bodyOf(request)) as { messages: Message[] };
    return [mailbox.take(String(request.headers['idempotency-key']), messages), { accepted: messages.length }];
  };
  const server = createServer((request, response) => {
    answer(request).then(
      ([status, body]) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (error: unknown) => response.writeHead(400).end(String(error)),
    );
  });
  // A run that ends without `mail.stop` must not keep the process alive.
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

const services = new Map<string, Server>();

export const startMailService = defineAction({
  name: 'mail.start',
  description: 'Start the mail service on the loopback interface',
  input: {
    type: 'object',
    properties: { users: { type: 'integer', minimum: 1, description: 'How many users it knows' } },
    required: ['users'],
    additionalProperties: false,
  },
  run: async ({ users }) => {
    const server = await serve(new Mailbox(users));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    services.set(url, server);
    return { url };
  },
});

export const stopMailService = defineAction({
  name: 'mail.stop',
  description: 'Stop a mail service that mail.start started',
  input: {
    type: 'object',
    properties: { url: { type: 'string', description: 'The address that mail.start gave' } },
    required: ['url'],
    additionalProperties: false,
  },
  run: async ({ url }) => {
    const server = services.get(url);
    services.delete(url);
    if (server === undefined) return { stopped: false };
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return { stopped: true };
  },
});
