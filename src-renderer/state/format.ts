/** Numbers for people: the same everywhere in the window and in reports, whatever the language of the system. */
export function formatNumber(value: number, decimals: number): string {
  return new Intl.NumberFormat('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(
    value,
  );
}

/** Square metres up to a hectare, then hectares, then square kilometres. */
export function formatArea(areaM2: number): string {
  if (areaM2 < 10_000) {
    return `${formatNumber(areaM2, areaM2 < 100 ? 1 : 0)} m²`;
  }
  return areaM2 < 1_000_000 ? `${formatNumber(areaM2 / 10_000, 2)} ha` : `${formatNumber(areaM2 / 1_000_000, 2)} km²`;
}

export function formatDuration(durationMs: number): string {
  if (durationMs < 1_000) {
    return `${Math.round(durationMs)} ms`;
  }
  return durationMs < 60_000
    ? `${formatNumber(durationMs / 1_000, 1)} s`
    : `${Math.floor(durationMs / 60_000)} min ${Math.round((durationMs % 60_000) / 1_000)} s`;
}

export function formatBytes(bytes: number): string {
  const [unit, size] = bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : ['kB', 1e3];
  return `${formatNumber(bytes / size, bytes >= 1e6 ? 1 : 0)} ${unit}`;
}

/** The last part of a path of any system. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
