import { Think2SegError } from '../contract/errors.ts';

/** Edit distance of two short words. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The error for an unknown command, naming the one that was probably meant. */
export function suggestCommand(name: string, known: string[]): Think2SegError {
  const nearest = [...known].sort((a, b) => distance(name, a) - distance(name, b))[0];
  const meant = nearest !== undefined && distance(name, nearest) <= 2 ? `; did you mean \`${nearest}\`?` : '';
  return new Think2SegError(
    'USAGE',
    `no command ${JSON.stringify(name)}, expected one of ${known.join(', ')}${meant} (think2seg --help lists them)`,
  );
}
