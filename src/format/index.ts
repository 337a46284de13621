export { formatYaml, type FormatResult } from './format.ts';
export { readComments, type PlacedComment } from './comments.ts';
