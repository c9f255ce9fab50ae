/** A number as JSON can hold it: those that are not finite are words. */
export type JsonNumber = number | 'nan' | 'inf' | '-inf';

export function toJsonNumber(value: number): JsonNumber {
  if (Number.isFinite(value)) {
    return value;
  }
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

export function fromJsonNumber(value: JsonNumber): number {
  if (typeof value === 'number') {
    return value;
  }
  return value === 'nan' ? Number.NaN : value === 'inf' ? Infinity : -Infinity;
}
