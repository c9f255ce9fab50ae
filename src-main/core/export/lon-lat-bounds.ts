import type { RingCoordinates } from '../ports.ts';

/** Collects the `bbox` of RFC 7946 section 5: where features cross the antimeridian, west is the greater number. */
export class LonLatBounds {
  crossesAntimeridian = false;
  readonly #intervals: [west: number, east: number][] = [];
  #south = Infinity;
  #north = -Infinity;

  /** `polygon`: exterior first. */
  add(polygon: readonly RingCoordinates[]): void {
    const exterior = polygon[0];
    if (exterior === undefined) {
      return;
    }
    let west = Infinity;
    let east = -Infinity;
    for (let i = 0; i < exterior.length; i += 2) {
      west = Math.min(west, exterior[i]!);
      east = Math.max(east, exterior[i]!);
      this.#south = Math.min(this.#south, exterior[i + 1]!);
      this.#north = Math.max(this.#north, exterior[i + 1]!);
    }
    this.#intervals.push([west, east]);
  }

  /** `[west, south, east, north]`, null when nothing was added. */
  box(): [number, number, number, number] | null {
    if (this.#intervals.length === 0) {
      return null;
    }
    const [west, east] = this.crossesAntimeridian ? this.#aroundTheBack() : this.#plain();
    return [west, this.#south, east, this.#north];
  }

  #plain(): [number, number] {
    return this.#intervals.reduce(([west, east], [w, e]) => [Math.min(west, w), Math.max(east, e)]);
  }

  /** Everything but the widest gap between the features. */
  #aroundTheBack(): [number, number] {
    const sorted = [...this.#intervals].sort((left, right) => left[0] - right[0]);
    let reached = -180;
    let gap: [from: number, to: number] = [-180, -180];
    for (const [west, east] of sorted) {
      if (west - reached > gap[1] - gap[0]) {
        gap = [reached, west];
      }
      reached = Math.max(reached, east);
    }
    return gap[1] === gap[0] ? [-180, 180] : [gap[1], gap[0]];
  }
}
