import type { ContextVersion, Outcome } from '../context/index.ts';
import type { RouteState } from './state.ts';

/**
 * The context of a run, copy-on-write: writes go to the current version in place as long as nobody else holds it, and
 * to a copy once it was handed out.
 */
export class RunContext {
  #version: ContextVersion;
  #shared = false;
  /** Whether a result was recorded that is worth letting go of. */
  #holdsMuch = false;

  constructor(version: ContextVersion) {
    this.#version = version;
  }

  /** The current version, to be read at once and not kept. */
  get current(): ContextVersion {
    return this.#version;
  }

  /** The current version, to be kept: it never changes from now on. */
  handOut(): ContextVersion {
    this.#shared = true;
    return this.#version;
  }

  /** A version that may be written to. */
  writable(): ContextVersion {
    if (this.#shared) {
      this.#version = this.#version.copy();
      this.#shared = false;
    }
    return this.#version;
  }

  get holdsMuch(): boolean {
    return this.#holdsMuch;
  }

  /** Records what an execution came to, for the run and for its route. */
  record(slot: number, outcome: Outcome, route: RouteState | undefined): void {
    this.writable().outcomes[slot] = outcome;
    if (isMuch(outcome.result)) this.#holdsMuch = true;
    route?.outcomes.set(slot, outcome);
  }

  /** Lets go of a task's result, everywhere. */
  release(slot: number, routes: readonly RouteState[]): void {
    const outcome = this.#version.outcomes[slot];
    if (outcome?.result === undefined) return;
    const released = outcome.released();
    this.writable().outcomes[slot] = released;
    for (const route of routes) if (route.outcomes.has(slot)) route.outcomes.set(slot, released);
  }

  /**
   * The version as an execution on `route` sees it: results of its own route and of those it came from go before the
   * latest of the run. To be read at once, unless `keep`.
   */
  view(route: number, routes: readonly RouteState[], keep: boolean): ContextVersion {
    if (routes.length === 0) return keep ? this.handOut() : this.#version;
    const view = this.#version.copy();
    const chain: RouteState[] = [];
    for (let at = route; at >= 0; at = (routes[at] as RouteState).parent) chain.push(routes[at] as RouteState);
    for (const state of chain.reverse()) {
      for (const [slot, outcome] of state.outcomes) view.outcomes[slot] = outcome;
    }
    return view;
  }
}

/** Whether a value may take more room than the outcome that holds it. */
export function isMuch(value: unknown): boolean {
  return typeof value === 'object' ? value !== null : typeof value === 'string' && value.length > 64;
}
