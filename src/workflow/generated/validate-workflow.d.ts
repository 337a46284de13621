import type { ErrorCode } from '../../errors/index.ts';

/** One violation as Ajv reports it. */
export interface SchemaViolation {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface SchemaValidator {
  (value: unknown): boolean;
  errors?: readonly SchemaViolation[] | null;
}

/** What messages need to know of a schema node. */
export interface SchemaNote {
  /** What should stand there. */
  readonly expected: string;
  readonly code?: ErrorCode;
  /** The keys of a mapping. */
  readonly keys?: readonly string[];
  /** JSON types of a union's branches. */
  readonly branches?: readonly string[];
  /** The constants of an enumeration. */
  readonly values?: readonly unknown[];
}

export const validateHead: SchemaValidator;
export const validateTask: SchemaValidator;
export const validateTransition: SchemaValidator;
export const validateRetry: SchemaValidator;
/** By place in the schema: `/properties/cache/properties/ttl`. */
export const notesOfHead: Readonly<Record<string, SchemaNote>>;
export const notesOfTask: Readonly<Record<string, SchemaNote>>;
export const notesOfTransition: Readonly<Record<string, SchemaNote>>;
export const notesOfRetry: Readonly<Record<string, SchemaNote>>;
