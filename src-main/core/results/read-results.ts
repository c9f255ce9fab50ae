/** A vector file as results on a raster: shapes in the raster's coordinates, with what our own files say about them. */
import { basename, extname } from 'node:path';
import { Think2SegError } from '../../contract/errors.ts';
import type { WindowPx } from '../../contract/geo.ts';
import type { RunRecord } from '../../contract/run-record.ts';
import type { StoredResult, StoredResults, VectorContents } from '../../contract/stored-results.ts';
import type { RasterReader, RasterSource } from '../ports.ts';
import { boundsOf } from '../raster/scene-description.ts';
import { pixelsAsMap } from '../shape/scene-place.ts';
import { groundMeasure } from '../vector/ground-measure.ts';
import { groupByQuestion } from './question-groups.ts';
import { notesOfOrigin } from './origin-notes.ts';
import { planAttributes, valuesOf, widened, type AttributePlan } from './attribute-fields.ts';
import { isOwnLayer, storedInstance } from './stored-instance.ts';
import { storedRecords } from './stored-records.ts';
import { isWithoutArea, readVectorLayer, shapeLayers, vectorInfo, type VectorLayer } from './vector-file.ts';

/** @throws Think2SegError INPUT_NOT_FOUND, INPUT_NOT_READABLE, INPUT_CORRUPT, INPUT_TOO_LARGE */
export async function inspectVector(path: string): Promise<VectorContents> {
  const info = await vectorInfo(path);
  const { runs, drawnOn } = await storedRecords(path, info);
  const scenePaths = [...new Set([...drawnOn, ...runs].map(({ scene }) => scene.path))];
  return { hasShapes: shapeLayers(info).length > 0, scenePaths };
}

/**
 * The polygons that lie on the raster, one result for each layer and question.
 *
 * @throws Think2SegError as `inspectVector`, and INPUT_UNSUPPORTED without polygons, CRS_UNSUPPORTED when they have no place on the
 *   raster, WINDOW_OUTSIDE when all of them lie beside it.
 */
export async function readResults(
  rasters: RasterReader,
  path: string,
  rasterPath: string,
  signal: AbortSignal,
): Promise<StoredResults> {
  const info = await vectorInfo(path);
  const { runs, drawnOn, isDamaged } = await storedRecords(path, info);
  const layers = shapeLayers(info);
  const polygonal = layers.filter((layer) => !isWithoutArea(layer));
  if (polygonal.length === 0) {
    const kinds = [...new Set(layers.flatMap(({ geometryFields }) => geometryFields.map(({ type }) => type)))];
    throw new Think2SegError(
      'INPUT_UNSUPPORTED',
      `${path} holds ${kinds.join(', ') || 'tables without shapes'}, expected polygons; choose a file of areas`,
    );
  }
  const scene = await rasters.open(rasterPath, signal);
  try {
    const { width, height } = scene.info;
    const area = {
      path: rasterPath,
      crs: scene.crs,
      boundsMap: boundsOf(scene.transform ?? pixelsAsMap, width, height),
      isFramePromised: scene.crs === null && [...drawnOn, ...runs].some(({ crs }) => crs === null),
    };
    const read: VectorLayer[] = [];
    for (const layer of polygonal) {
      signal.throwIfAborted();
      read.push(await readVectorLayer(path, layer, area));
    }
    const parts = read.map((layer) => resultsOfLayer(path, layer, rasterPath, scene, runs));
    const results = parts.flatMap((part) => part.results);
    if (results.length === 0) {
      const answers = emptyAnswers(path, rasterPath, read, scene, runs);
      return { results: answers, notes: notesOfOrigin(answers, scene.info) };
    }
    const skipped = layers.filter(isWithoutArea).map(({ name }) => `Layer ${name} has no polygons and is left out.`);
    const damage = isDamaged ? ['What the file says of how its objects were made is damaged and is left out.'] : [];
    const notes = [...notesOfOrigin(results, scene.info), ...parts.flatMap(({ notes: own }) => own)];
    return { results, notes: [...notes, ...skipped, ...damage] };
  } finally {
    await scene.close();
  }
}

function resultsOfLayer(
  path: string,
  layer: VectorLayer,
  rasterPath: string,
  scene: RasterSource,
  runs: readonly RunRecord[],
): StoredResults {
  const isOwn = isOwnLayer(layer.fields.map(({ name }) => name));
  const plan = attributesOf(layer, isOwn);
  const reading = {
    transform: scene.transform ?? pixelsAsMap,
    measure: groundMeasure(scene.crs),
    isOwn,
  };
  let mended = 0;
  const { width, height } = scene.info;
  const ownRuns = isOwn ? runs : [];
  const results = groupByQuestion(layer.features, ownRuns, isOwn, { path: rasterPath, width, height }).map(
    ({ question, features, runs: answering, runRecord }): StoredResult => {
      // Of features whose question was changed elsewhere, any run may have placed the prompts.
      const placing = answering.length === 0 ? ownRuns : answering;
      const read = features.map((feature) => ({
        ...storedInstance(feature, { ...reading, runs: placing }),
        attributes: valuesOf(plan.fields, feature.properties),
      }));
      mended += read.filter(({ isMended }) => isMended).length;
      return {
        name: question === '' ? layerTitle(path, layer.name) : question,
        question,
        windowPx: windowOf(runRecord, scene),
        fields: plan.fields.map(({ name, type }) => ({ name, type })),
        instances: read
          .map(({ instance, attributes }) => ({ ...instance, attributes }))
          .filter(({ polygonsMap }) => polygonsMap.length > 0),
        runRecord,
      };
    },
  );
  return { results, notes: results.length === 0 ? [] : notesOf(layer, mended, plan) };
}

/** As QGIS calls a layer: by its file, and by its own name where that is another. */
function layerTitle(path: string, layerName: string): string {
  const file = basename(path, extname(path));
  return file === layerName ? file : `${file} — ${layerName}`;
}

function attributesOf({ fields, features }: VectorLayer, isOwn: boolean): AttributePlan {
  const plan = planAttributes(fields, isOwn);
  const wide = widened(
    plan.fields,
    features.map(({ properties }) => properties),
  );
  return { fields: wide.fields, notes: [...plan.notes, ...wide.notes] };
}

function notesOf(
  { name, featureCount, features, otherShapes }: VectorLayer,
  mended: number,
  plan: AttributePlan,
): string[] {
  const beside = featureCount - features.length - otherShapes;
  return [
    ...(beside > 0
      ? [`Layer ${name}: ${beside} of ${featureCount} features lie beside the raster and are left out.`]
      : []),
    ...(otherShapes > 0 ? [`Layer ${name}: ${otherShapes} features that are no polygons are left out.`] : []),
    ...(mended > 0 ? [`Layer ${name}: ${mended} outlines that crossed themselves were mended.`] : []),
    ...plan.notes.map((note) => `Layer ${name}: ${note}.`),
  ];
}

/** What was looked at, where the record is of a raster with these pixels; else all of it. */
function windowOf(runRecord: RunRecord | null, { transform, info: { width, height } }: RasterSource): WindowPx {
  const isOfThis =
    runRecord?.scene.width === width &&
    runRecord.scene.height === height &&
    (runRecord.transform ?? transform)?.every((value, index) => value === transform?.[index]) !== false;
  return isOfThis ? runRecord.windowPx : { x: 0, y: 0, width, height };
}

/** A file without features may be an answer too: that there is no target. */
function emptyAnswers(
  path: string,
  rasterPath: string,
  layers: readonly VectorLayer[],
  scene: RasterSource,
  runs: readonly RunRecord[],
): StoredResult[] {
  const count = layers.reduce((sum, { featureCount }) => sum + featureCount, 0);
  if (layers.some(({ otherShapes }) => otherShapes > 0)) {
    throw new Think2SegError('INPUT_UNSUPPORTED', `${path} has no polygons on ${rasterPath}; choose a file of areas`);
  }
  if (count > 0) {
    throw new Think2SegError(
      'WINDOW_OUTSIDE',
      `none of the ${count} features of ${path} lies on ${rasterPath}; open the raster that they belong to, or check the CRS of both`,
    );
  }
  const answers = runs.filter(({ status }) => status === 'no-target');
  if (answers.length === 0) {
    throw new Think2SegError('INPUT_UNSUPPORTED', `${path} is empty, expected polygons; choose another file`);
  }
  return answers.map((runRecord) => ({
    name: runRecord.question ?? layerTitle(path, layers[0]?.name ?? ''),
    question: runRecord.question ?? '',
    windowPx: windowOf(runRecord, scene),
    fields: [],
    instances: [],
    runRecord,
  }));
}
