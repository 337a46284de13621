/** `heddle/queue`: work that many processes share. */
export type * from './broker/broker.ts';
