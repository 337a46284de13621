import type { Action } from './action.ts';
import { approvalActions } from './approval.ts';
import { coreActions } from './core.ts';
import { csvActions } from './csv.ts';
import { fileActions } from './file.ts';
import { httpActions } from './http.ts';
import { jsonActions } from './json.ts';
import { shellActions } from './shell.ts';
import { templateActions } from './template.ts';
import { waitActions } from './wait.ts';
import { workflowActions } from './workflow.ts';

/** Every action heddle brings along, one file per namespace. What they need beyond Node.js loads with the first use. */
export const BUILTIN_ACTIONS: readonly Action[] = [
  ...coreActions,
  ...httpActions,
  ...fileActions,
  ...shellActions,
  ...templateActions,
  ...jsonActions,
  ...csvActions,
  ...workflowActions,
  ...approvalActions,
  ...waitActions,
];
