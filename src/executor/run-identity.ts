import type { ContextConstants, ContextPorts } from '../context/index.ts';
import type { Host } from './host.ts';

/** What a run is called. */
export interface Identity {
  readonly id: string;
}

/** The id of a run that has one. */
export class FixedIdentity implements Identity {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}

/** The id of a run, made when it is first asked for: a random UUID takes longer than a small task. */
export class RunIdentity implements Identity {
  readonly #host: Host;
  #id: string | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  get id(): string {
    return (this.#id ??= this.#host.uuid());
  }
}

/** What is the same for every version of a run's context. */
export class RunConstants implements ContextConstants {
  readonly #identity: Identity;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly keystore: Readonly<Record<string, unknown>>;
  readonly workflow: string;
  readonly startedAtMs: number;
  readonly ports: ContextPorts;

  constructor(identity: Identity, given: Omit<ContextConstants, 'runId'>) {
    this.#identity = identity;
    this.parameters = given.parameters;
    this.config = given.config;
    this.keystore = given.keystore;
    this.workflow = given.workflow;
    this.startedAtMs = given.startedAtMs;
    this.ports = given.ports;
  }

  get runId(): string {
    return this.#identity.id;
  }
}
