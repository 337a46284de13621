import { existsSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../testing/sqlite-file.ts';
import { Reserve } from './reserve.ts';

test('room is kept beside the journal, given up once, and taken back', async () => {
  const file = path.join(await temporaryDirectory(), 'heddle.db');
  const kept = `${file}-reserve`;
  const reserve = new Reserve(file);
  expect(statSync(kept).size).toBe(128 * 1024);
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  reserve.takeBack();
  expect(new Reserve(file).giveUp()).toBe(true);
  expect(existsSync(kept)).toBe(false);
  expect(reserve.giveUp()).toBe(false);
  reserve.takeBack();
  expect(statSync(kept).size).toBe(128 * 1024);
});

test('one that was cut short is made whole, and none is needed', async () => {
  const file = path.join(await temporaryDirectory(), 'heddle.db');
  new Reserve(file).takeBack();
  truncateSync(`${file}-reserve`, 10);
  expect(new Reserve(file).giveUp()).toBe(true);
  const nowhere = new Reserve(path.join(await temporaryDirectory(), 'no', 'heddle.db'));
  expect(nowhere.giveUp()).toBe(false);
});
