import { APPEND, SAVE_SNAPSHOT } from './append.ts';
import { CHECK_RUN } from './check.ts';
import { CREATE } from './create.ts';
import { ACQUIRE, RELEASE, RENEW } from './lease.ts';
import { CANDIDATES, REMOVE, SWEEP, SWEEP_RUNS } from './prune.ts';
import { LIST, READ_RUN } from './read.ts';
import { REQUEST } from './request.ts';
import { EXPIRE_RESULTS, KEEP_RESULT } from './result.ts';
import { BEGIN_UPLOAD } from './upload.ts';

/** Every script, to be loaded when a connection opens. */
export const SCRIPTS = [
  BEGIN_UPLOAD,
  CREATE,
  ACQUIRE,
  RENEW,
  RELEASE,
  APPEND,
  SAVE_SNAPSHOT,
  REQUEST,
  KEEP_RESULT,
  EXPIRE_RESULTS,
  LIST,
  READ_RUN,
  CANDIDATES,
  REMOVE,
  SWEEP,
  SWEEP_RUNS,
  CHECK_RUN,
];
