/** `heddle/journal`: durable runs. */
export type * from './journal.ts';
export { MemoryJournal, type MemoryJournalOptions } from './memory/memory-journal.ts';
export { MemoryStore } from './memory/store.ts';
export { openSqliteJournal, type SqliteJournalOptions } from './sqlite/open.ts';
export { openRedisJournal, type RedisJournalOptions } from './redis/open.ts';
export { openPostgresJournal, type PostgresJournalOptions } from './postgres/open.ts';
export { openJournal } from './open-journal.ts';
