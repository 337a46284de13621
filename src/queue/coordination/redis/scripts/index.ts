import { HOLD, LET_GO, RESERVE } from './permits.ts';
import { ABANDON, ADD, END, FINISH, OPEN, STATE } from './ranges.ts';
import { CLOSE, CLOSE_RUN, STOP } from './tasks.ts';
import { ANNOUNCE, BYTES, WITHDRAW, WORKERS } from './workers.ts';

/** Every script, to be loaded when a connection opens. */
export const SCRIPTS = [
  OPEN,
  STATE,
  ADD,
  END,
  FINISH,
  ABANDON,
  STOP,
  HOLD,
  LET_GO,
  RESERVE,
  CLOSE,
  CLOSE_RUN,
  ANNOUNCE,
  WITHDRAW,
  WORKERS,
  BYTES,
];
