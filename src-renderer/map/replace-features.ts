import type Feature from 'ol/Feature.js';
import type VectorSource from 'ol/source/Vector.js';

/** More than this are quicker put in all anew than taken out one by one. */
const fewAtOnce = 500;

/** @param all what the source should hold in the end */
export function replaceFeatures<Drawn extends Feature>(
  source: VectorSource<Drawn>,
  stale: readonly Drawn[],
  fresh: readonly Drawn[],
  all: () => Drawn[],
): void {
  if (stale.length > fewAtOnce) {
    source.clear(true);
    source.addFeatures(all());
    return;
  }
  stale.filter((feature) => source.hasFeature(feature)).forEach((feature) => source.removeFeature(feature));
  if (fresh.length > 0) {
    source.addFeatures([...fresh]);
  }
}
