/** How many lines a text has: LF, CRLF and a lone CR end one. */
export function lineCount(text: string): number {
  return text.split(/\r\n|\r|\n/).length;
}
