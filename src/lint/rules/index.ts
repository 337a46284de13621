import type { Rule } from '../rule.ts';
import { httpTimeout } from './http-timeout.ts';
import { itemsConcurrency } from './items-concurrency.ts';
import { plainSecret } from './plain-secret.ts';
import { retryDelay } from './retry-delay.ts';
import { shellTemplate } from './shell-template.ts';
import { unhandledFailure } from './unhandled-failure.ts';
import { unreadParameter } from './unread-parameter.ts';
import { unreadResults } from './unread-results.ts';
import { unreadVariable } from './unread-variable.ts';
import { untranslatedExpression } from './untranslated-expression.ts';

/** Every rule, in the order of their names. */
export const RULES: readonly Rule[] = [
  httpTimeout,
  itemsConcurrency,
  plainSecret,
  retryDelay,
  shellTemplate,
  unhandledFailure,
  unreadParameter,
  unreadResults,
  unreadVariable,
  untranslatedExpression,
];
