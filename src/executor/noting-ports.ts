import type { ContextPorts } from '../context/index.ts';

/** Ports that notice when something was asked that has another answer every time. */
export class NotingPorts implements ContextPorts {
  readonly #ports: ContextPorts;
  /** Whether the time, chance or an id was asked for since this was last set to false. */
  wasAsked = false;

  constructor(ports: ContextPorts) {
    this.#ports = ports;
  }

  get env(): Readonly<Record<string, string>> {
    return this.#ports.env;
  }

  now(): number {
    this.wasAsked = true;
    return this.#ports.now();
  }

  random(): number {
    this.wasAsked = true;
    return this.#ports.random();
  }

  uuid(): string {
    this.wasAsked = true;
    return this.#ports.uuid();
  }

  sha256(text: string): string {
    return this.#ports.sha256(text);
  }
}
