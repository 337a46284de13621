/** The four ways a stroke can leave a cell. */
export const NORTH = 1;
export const EAST = 2;
export const SOUTH = 4;
export const WEST = 8;

/** What a drawing is made of; the strokes are indexed by the sum of their directions. */
export interface StrokeSet {
  readonly strokes: readonly string[];
  readonly arrows: Readonly<Record<'down' | 'up' | 'right' | 'left', string>>;
}

/** Box-drawing characters. */
export const UNICODE_STROKES: StrokeSet = {
  //         -    N    E    NE   S    NS   ES   NES  W    NW   EW   NEW  SW   NSW  ESW  all
  strokes: [' ', '│', '─', '╰', '│', '│', '╭', '├', '─', '╯', '─', '┴', '╮', '┤', '┬', '┼'],
  arrows: { down: '▼', up: '▲', right: '▶', left: '◀' },
};

/** The same with ASCII only. */
export const ASCII_STROKES: StrokeSet = {
  strokes: [' ', '|', '-', '+', '|', '|', '+', '+', '-', '+', '-', '+', '+', '+', '+', '+'],
  arrows: { down: 'v', up: '^', right: '>', left: '<' },
};

interface Cell {
  text: string | undefined;
  /** Sum of directions. */
  strokes: number;
  /** Whose strokes these are: strokes of one owner join, those of two cross. */
  owner: number;
}

/** A grid of characters onto which lines are drawn that join their own kind and pass over others. */
export class Canvas {
  readonly #rows: Cell[][] = [];

  #cell(x: number, y: number): Cell {
    while (this.#rows.length <= y) this.#rows.push([]);
    const row = this.#rows[y] as Cell[];
    while (row.length <= x) row.push({ text: undefined, strokes: 0, owner: 0 });
    return row[x] as Cell;
  }

  /** Puts text over whatever is there; every character takes one cell. */
  text(x: number, y: number, text: string): void {
    let at = x;
    for (const character of text) this.#cell(at++, y).text = character;
  }

  /** Draws a straight line between two cells, both included; ends stay open towards the next line. */
  line(owner: number, x1: number, y1: number, x2: number, y2: number): void {
    if (y1 === y2) {
      const [from, to] = x1 < x2 ? [x1, x2] : [x2, x1];
      for (let x = from; x <= to; x++) this.#stroke(owner, x, y1, (x > from ? WEST : 0) | (x < to ? EAST : 0));
      return;
    }
    const [from, to] = y1 < y2 ? [y1, y2] : [y2, y1];
    for (let y = from; y <= to; y++) this.#stroke(owner, x1, y, (y > from ? NORTH : 0) | (y < to ? SOUTH : 0));
  }

  /** Adds directions to a cell. Where another owner's line passes, the vertical one is drawn over the horizontal one. */
  #stroke(owner: number, x: number, y: number, directions: number): void {
    const cell = this.#cell(x, y);
    if (cell.strokes === 0 || cell.owner === owner) {
      cell.strokes |= directions;
      cell.owner = owner;
      return;
    }
    if ((directions & (NORTH | SOUTH)) !== 0 && (cell.strokes & (NORTH | SOUTH)) === 0) {
      cell.strokes = directions;
      cell.owner = owner;
    }
  }

  /** Lets a line start at a border: adds a direction to a cell whoever owns it. */
  open(x: number, y: number, direction: number): void {
    this.#cell(x, y).strokes |= direction;
  }

  /** Draws the frame of a box. */
  frame(owner: number, x: number, y: number, width: number, height: number): void {
    this.line(owner, x, y, x + width - 1, y);
    this.line(owner, x, y + height - 1, x + width - 1, y + height - 1);
    this.line(owner, x, y, x, y + height - 1);
    this.line(owner, x + width - 1, y, x + width - 1, y + height - 1);
  }

  /** The rows as text without trailing blanks. */
  rows(set: StrokeSet): string[] {
    return this.#rows.map((row) =>
      row
        .map((cell) => cell.text ?? set.strokes[cell.strokes] ?? ' ')
        .join('')
        .trimEnd(),
    );
  }
}
