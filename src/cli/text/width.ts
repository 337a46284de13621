/**
 * Ranges of code points that take two cells: East Asian wide and full-width characters and emoji. An approximation on
 * purpose: the library that knows every sequence takes 42 ms to load, which is half of what `heddle run` may cost.
 */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

const ESCAPE = String.fromCharCode(27);
/** The colour codes of picocolors. */
const COLOR_CODES = new RegExp(`${ESCAPE}\\[[\\d;]*m`, 'g');
const INVISIBLE = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}]/u;

/** How many cells of a terminal a text takes; colour codes take none. */
export function widthOf(text: string): number {
  const plain = text.includes(ESCAPE) ? text.replace(COLOR_CODES, '') : text;
  let width = 0;
  for (const character of plain) width += cellsOf(character);
  return width;
}

function cellsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f) return 1;
  if (INVISIBLE.test(character)) return 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}
