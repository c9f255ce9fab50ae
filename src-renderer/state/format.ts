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

/** In the two largest units, of which the smaller is rounded: none of them is ever full. */
export function formatDuration(durationMs: number): string {
  if (Math.round(durationMs) < 1_000) {
    return `${Math.round(durationMs)} ms`;
  }
  const [tenths, seconds, minutes, hours] = [100, 1_000, 60_000, 3_600_000].map((unitMs) =>
    Math.round(durationMs / unitMs),
  ) as [number, number, number, number];
  if (tenths < 600) {
    return `${formatNumber(tenths / 10, 1)} s`;
  }
  if (seconds < 3_600) {
    return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  return minutes < 24 * 60
    ? `${Math.floor(minutes / 60)} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A duration that is not known to parts of a second. */
export function formatEstimate(durationMs: number): string {
  const seconds = Math.max(1, Math.round(durationMs / 1_000));
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1_000);
}

export function formatBytes(bytes: number): string {
  const [unit, size] = bytes >= 1e9 ? ['GB', 1e9] : bytes >= 1e6 ? ['MB', 1e6] : ['kB', 1e3];
  return `${formatNumber(bytes / size, bytes >= 1e6 ? 1 : 0)} ${unit}`;
}

/** The last part of a path of any system. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
