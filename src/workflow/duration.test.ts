import { describe, expect, it } from 'vitest';
import { isTemplate, parseDuration, parseRate, parseSize, parseTolerance } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['1.5s', 1500],
    ['7', 7000],
    [' 10 s ', 10_000],
    ['0', 0],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', 's', '5 sec', '-1s', '1h30m', '1e3', '5S', '٣s', '<< x >>', '1'.repeat(400)])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull();
  });
});

describe('parseRate', () => {
  it('reads a count per second, minute or hour', () => {
    expect(parseRate('10/s')).toEqual({ count: 10, perMs: 1000 });
    expect(parseRate(' 600 / m ')).toEqual({ count: 600, perMs: 60_000 });
    expect(parseRate('5/h')).toEqual({ count: 5, perMs: 3_600_000 });
  });

  it.each(['0/s', '10', '/s', '10/d', '-1/s', '1.5/s'])('refuses %j', (text) => {
    expect(parseRate(text)).toBeNull();
  });
});

describe('parseSize', () => {
  it('knows decimal and binary units', () => {
    expect(parseSize('500')).toBe(500);
    expect(parseSize('500 B')).toBe(500);
    expect(parseSize('2KiB')).toBe(2048);
    expect(parseSize('1.5MB')).toBe(1_500_000);
    expect(parseSize('1GiB')).toBe(1024 ** 3);
    expect(parseSize('1kb')).toBeNull();
  });
});

describe('parseTolerance', () => {
  it('reads a count or a percentage', () => {
    expect(parseTolerance('5')).toEqual({ count: 5 });
    expect(parseTolerance('10%')).toEqual({ share: 0.1 });
    expect(parseTolerance('12.5 %')).toEqual({ share: 0.125 });
  });

  it.each(['101%', '1.5', '-1', '', 'many'])('refuses %j', (text) => {
    expect(parseTolerance(text)).toBeNull();
  });
});

describe('isTemplate', () => {
  it('looks for the start of a template in a string', () => {
    expect(isTemplate('<< x >>')).toBe(true);
    expect(isTemplate('a {{ x }}')).toBe(true);
    expect(isTemplate('a < b')).toBe(false);
    expect(isTemplate(5)).toBe(false);
  });
});
