import type { z } from 'zod';

/** The first thing that is wrong, and where: `view.resolution: expected number, received string`. */
export function explainParse(error: z.ZodError): string {
  const [first] = error.issues;
  return first === undefined ? 'invalid' : explainIssue(first);
}

/** All that is wrong, for files whose author will mend them at once. */
export function explainWholeParse(error: z.ZodError): string {
  return error.issues.map(explainIssue).join('; ');
}

function explainIssue({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}
