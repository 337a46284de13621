/** Entries in a page where the reader does not say. */
export const DEFAULT_PAGE_SIZE = 500;
/** Runs in a page where the reader does not say. */
export const DEFAULT_RUNS_LIMIT = 100;
