/** Bytes of one statement at most, but for a single value that is larger. */
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_ROWS = 5000;

/** Rows for one statement, whose bytes lie behind each other in one parameter: an array of them would go as text. */
export interface Columns<Row> {
  readonly rows: readonly Row[];
  readonly bytes: Buffer;
  /** From 1, as SQL counts. */
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

/** Divides rows into statements. */
export function columnsOf<Row>(rows: readonly Row[], bytesOf: (row: Row) => Buffer): readonly Columns<Row>[] {
  const found: Columns<Row>[] = [];
  let parts: Buffer[] = [];
  let size = 0;
  const finish = (end: number): void => {
    if (parts.length === 0) return;
    let offset = 1;
    const offsets = parts.map((part) => (offset += part.length) - part.length);
    const lengths = parts.map((part) => part.length);
    found.push({ rows: rows.slice(end - parts.length, end), bytes: Buffer.concat(parts), offsets, lengths });
    parts = [];
    size = 0;
  };
  rows.forEach((row, at) => {
    const bytes = bytesOf(row);
    if (size + bytes.length > MAX_BYTES || parts.length === MAX_ROWS) finish(at);
    parts.push(bytes);
    size += bytes.length;
  });
  finish(rows.length);
  return found;
}
