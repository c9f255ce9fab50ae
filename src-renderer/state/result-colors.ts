/** Colours of results: apart from one another, from vegetation, soil and water, and for people who see colours differently. */
const palette = ['#e6308a', '#00b3e6', '#ffb000', '#8f5bff', '#ff6a3d', '#00c9a7'] as const;

export function colorForResult(count: number): string {
  return palette[count % palette.length] ?? palette[0];
}
