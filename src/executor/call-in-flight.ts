import { Flight } from './in-flight.ts';
import type { Invocation } from './invocation.ts';
import type { Execution } from './state.ts';
import type { AbortStatus, Handlers, Unit } from './unit.ts';

/** Who is told what a call came to. */
export interface CallOwner {
  /** The promise was kept: the execution has a result. */
  callKept(call: CallInFlight, value: unknown): void;
  /** The promise was broken; `isFinal`: no further attempt can help. */
  callBroken(call: CallInFlight, error: unknown): void;
  /** A unit for the execution, which takes over what a mere call cannot do. */
  unitOf(call: CallInFlight): Unit;
}

/** One call of an asynchronous action that asks for nothing else: all that a run at rest has to remember of it. */
export class CallInFlight extends Flight {
  readonly invocation: Invocation;
  readonly #owner: CallOwner;
  #unit: { readonly unit: Unit; readonly handlers: Handlers } | null = null;

  constructor(owner: CallOwner, execution: Execution, invocation: Invocation, promise: Promise<unknown>) {
    super(execution);
    this.invocation = invocation;
    this.#owner = owner;
    promise.then(
      (value) => {
        if (this.#unit === null) this.#owner.callKept(this, value);
        else this.#unit.handlers.value(value);
      },
      (error: unknown) => {
        if (this.#unit === null) this.#owner.callBroken(this, error);
        else this.#unit.handlers.error(error);
      },
    );
  }

  abort(status: AbortStatus, reason: unknown): void {
    if (this.#unit === null) {
      const unit = this.#owner.unitOf(this);
      this.#unit = { unit, handlers: unit.inherit(this.invocation) };
    }
    this.#unit.unit.abort(status, reason);
  }
}
