import { Agent, interceptors, request, type Dispatcher } from 'undici';

/**
 * One pool for the process: its connections are kept open between requests, tasks and runs, and none that is idle
 * keeps the process alive. Timeouts are the workflow's, through the signal.
 */
const agent = new Agent({ connections: 256, headersTimeout: 0, bodyTimeout: 0 });
const dispatchers = new Map<number, Dispatcher>();

function following(redirects: number): Dispatcher {
  let dispatcher = dispatchers.get(redirects);
  if (dispatcher === undefined) {
    dispatcher = agent.compose(interceptors.redirect({ maxRedirections: redirects }));
    dispatchers.set(redirects, dispatcher);
  }
  return dispatcher;
}

/** A request as the pool takes it. */
export interface PooledRequest {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | null;
  readonly signal: AbortSignal;
  /** How many redirects are followed. */
  readonly redirects: number;
}

/** Sends a request over the pool; the answer's body is still to be read. */
export function requestOverPool(url: URL, options: PooledRequest): Promise<Dispatcher.ResponseData<unknown>> {
  const { redirects, ...rest } = options;
  return request(url, { ...rest, dispatcher: following(redirects) });
}
