import type { MessagePort } from 'node:worker_threads';
import type { ActionContext, Logger } from '../../actions/action.ts';
import type { Thrown } from './thrown.ts';

/** What an action is told of its call beside the input, as data. */
export type CallFacts = Pick<
  ActionContext,
  'run' | 'task' | 'index' | 'attempt' | 'cwd' | 'idempotencyKey' | 'secrets'
>;

/** A call, as a thread gets it. */
export interface ThreadRequest {
  /** Number of the call in this process. */
  readonly call: number;
  /** Absolute path of the module that exports the action. */
  readonly file: string;
  readonly action: string;
  readonly input: unknown;
  readonly facts: CallFacts;
}

/** What a thread says while it is at work on a call. */
export type ThreadMessage =
  | {
      readonly call: number;
      readonly kind: 'log';
      readonly level: keyof Logger;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | {
      readonly call: number;
      readonly kind: 'listens';
      /** Takes what the call is aborted for. */
      readonly port: MessagePort;
      /** 1 as soon as that is in the port, so that a loop which never pauses can look. */
      readonly flag: Int32Array<SharedArrayBuffer>;
    };

/** What came of a call. */
export interface ThreadReply {
  /** Lines that were logged; they come by another way, and may be later. */
  readonly lines: number;
  readonly value: unknown;
  /** Null: it succeeded. */
  readonly thrown: Thrown | null;
}
