/** What the process ends with: succeeded, the run failed, the file or the call was wrong, heddle failed, cancelled. */
export const EXIT = { succeeded: 0, failed: 1, usage: 2, internal: 3, cancelled: 130 } as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
