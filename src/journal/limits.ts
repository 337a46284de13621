/** Entries in a page where the reader does not say. */
export const DEFAULT_PAGE_SIZE = 500;
/** Runs in a page where the reader does not say. */
export const DEFAULT_RUNS_LIMIT = 100;
/** Bytes of large values that a journal on a server keeps in memory for the next who reads them. */
export const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;
