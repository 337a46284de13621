/** What turns signals into events: `process`, or a stand-in. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** What is done about signals. */
export interface InterruptHandlers {
  /** The first one: cancel, and say that a second one exits at once. */
  first(signal: string): void;
  /** Any further one. */
  second(): void;
}

/** Watches for Ctrl-C and SIGTERM until the answer is called. */
export function watchInterrupts(source: SignalSource, handlers: InterruptHandlers): () => void {
  let seen = false;
  const listenerOf = (signal: string) => (): void => {
    if (seen) handlers.second();
    else {
      seen = true;
      handlers.first(signal);
    }
  };
  const onInterrupt = listenerOf('Ctrl-C');
  const onTerminate = listenerOf('SIGTERM');
  source.on('SIGINT', onInterrupt);
  source.on('SIGTERM', onTerminate);
  return () => {
    source.off('SIGINT', onInterrupt);
    source.off('SIGTERM', onTerminate);
  };
}
