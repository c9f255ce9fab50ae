import type { z } from 'zod';

/** The first thing that is wrong, and where: `view.resolution: expected number, received string`. */
export function explainParse(error: z.ZodError): string {
  const issue = error.issues[0];
  const where = issue?.path.join('.') ?? '';
  return `${where === '' ? '' : `${where}: `}${issue?.message ?? 'invalid'}`;
}
