import type { SchemaNote, SchemaValidator } from '../../workflow/generated/validate-workflow.js';

export const validateRehearsal: SchemaValidator;
/** By place in the schema: `/properties/mocks/items`. */
export const notesOfRehearsal: Readonly<Record<string, SchemaNote>>;
