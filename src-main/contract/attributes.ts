/** Attributes that objects bring along from vector files of others. */
import { z } from 'zod';

export const attributeFieldSchema = z.object({
  name: z.string().min(1),
  /** `date` as `2026-01-31`, `datetime` as ISO 8601; both are texts. */
  type: z.enum(['integer', 'real', 'text', 'date', 'datetime', 'boolean']),
});

export type AttributeField = Readonly<z.infer<typeof attributeFieldSchema>>;

/** Null where it is not known. */
export const attributeValueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

export type AttributeValue = z.infer<typeof attributeValueSchema>;

/** One column and what an object has in it. */
export function valueIn(values: readonly AttributeValue[], column: number): AttributeValue {
  // Objects drawn by hand among those of a file have none.
  return values[column] ?? null;
}
