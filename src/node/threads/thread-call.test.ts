import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { actionContext } from '../../actions/testing/action-context.ts';
import { ThreadCall } from './thread-call.ts';

describe('an abort of a call', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => vi.useRealTimers());

  function start() {
    const controller = new AbortController();
    const call = new ThreadCall(1, actionContext({ signal: controller.signal }));
    const { port1, port2 } = new MessageChannel();
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const listen = () => call.hear({ call: 1, kind: 'listens', port: port1, flag });
    return { controller, call, listen, port: port2, flag };
  }

  it('ends its thread at once where it does not listen', () => {
    const { controller, call } = start();
    controller.abort('enough');
    expect(call.ended.aborted).toBe(true);
    expect(call.reason).toEqual({ value: 'enough' });
  });

  it('gives it five seconds where it listens', () => {
    const { controller, call, listen, port, flag } = start();
    listen();
    controller.abort('enough');
    expect(receiveMessageOnPort(port)).toEqual({ message: { kind: 'value', value: 'enough' } });
    expect(flag[0]).toBe(1);
    vi.advanceTimersByTime(4999);
    expect(call.ended.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(call.ended.aborted).toBe(true);
    call.end();
  });

  it('does nothing where it has ended', () => {
    const { controller, call, listen } = start();
    listen();
    call.end();
    controller.abort('enough');
    vi.advanceTimersByTime(10_000);
    expect(call.ended.aborted).toBe(false);
    expect(call.reason).toBeNull();
  });

  it('leaves no timer where it ends in time', () => {
    const { controller, call, listen } = start();
    listen();
    controller.abort('enough');
    call.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
