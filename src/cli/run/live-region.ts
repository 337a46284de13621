import type { Output } from '../terminal.ts';
import type { LiveRegion } from './reporter.ts';

/** Milliseconds between two frames. */
const FRAME_MS = 100;

/** The live region of a terminal; the library behind it is loaded only here, because pipes and files never need it. */
export async function createLiveRegion(output: Output): Promise<LiveRegion> {
  const { createLogUpdate } = await import('log-update');
  const log = createLogUpdate(output.stream);
  return {
    update: (text) => {
      log(text);
    },
    clear: () => {
      log.clear();
    },
    close: () => {
      log.done();
    },
    tick(callback) {
      const timer = setInterval(callback, FRAME_MS);
      timer.unref();
      return () => {
        clearInterval(timer);
      };
    },
    now: Date.now,
    get rows() {
      const { rows } = output.stream as { rows?: number };
      return rows ?? 24;
    },
  };
}
