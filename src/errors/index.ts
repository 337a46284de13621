export { ERROR_CATALOGUE, type ErrorCode, type ErrorEntry } from './catalogue.ts';
export { ActionError, HeddleError, type ActionErrorOptions, type ErrorDetails, type Location } from './heddle-error.ts';
