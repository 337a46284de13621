/** `heddle/journal`: durable runs. */
export type * from './journal.ts';
export { MemoryJournal, type MemoryJournalOptions } from './memory/memory-journal.ts';
export { MemoryStore } from './memory/store.ts';
export { openSqliteJournal, type SqliteJournalOptions } from './sqlite/open.ts';
export type { RedisJournalOptions } from './redis/open.ts';
export type { PostgresJournalOptions } from './postgres/open.ts';
export { openJournal, openPostgresJournal, openRedisJournal, type JournalOptions } from './open-journal.ts';
