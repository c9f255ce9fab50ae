/** Run records that lie in a vector file of ours or beside it. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { z } from 'zod';
import type { RunRecord } from '../../contract/run-record.ts';
import { asRunRecord } from '../../contract/run-record-schema.ts';
import { withoutExtension } from '../files/output-files.ts';
import { isErrno } from '../files/write-failure.ts';
import { gdalVectorGeoJson } from '../gdal/gdal.ts';
import type { GdalVectorInfo } from '../gdal/gdal-info.ts';

export type DrawnOn = z.infer<typeof drawnOnSchema>;

export interface StoredRecords {
  /** One of each run, oldest first. */
  readonly runs: readonly RunRecord[];
  /** What work by hand says of itself: the raster that it was done on. */
  readonly drawnOn: readonly DrawnOn[];
  /** Whether there was something under our name that is no run record. */
  readonly isDamaged: boolean;
}

const drawnOnSchema = z.object({
  promptSource: z.literal('by-hand'),
  scene: z.object({ path: z.string() }),
  crs: z.looseObject({}).nullable(),
});

/** Where a GeoPackage that was added to keeps the records of what was added. */
const addedRecordsSql =
  "SELECT metadata AS body FROM gpkg_metadata WHERE md_standard_uri = 'urn:think2seg:run-record:1' ORDER BY id";

/** @param info what GDAL says of the file. */
export async function storedRecords(path: string, info: GdalVectorInfo): Promise<StoredRecords> {
  const found: unknown[] = [];
  const ofFile = info.metadata['']?.['think2seg'];
  if (ofFile !== undefined) {
    found.push(parsed(ofFile));
  }
  if (info.driverShortName === 'GPKG') {
    found.push(...(await addedRecords(path)));
  }
  if (info.driverShortName === 'GeoJSON') {
    found.push(...(await recordMember(path)));
  }
  const beside = await recordBeside(path);
  if (beside !== null) {
    found.push(parsed(beside));
  }
  const drawnOn = found.flatMap((value) => drawnOnSchema.safeParse(value).data ?? []);
  const told = found.filter((value) => !isHandRecord(value));
  const records = told.map(asRunRecord);
  const runs = records.flatMap((record) =>
    record === null ? [] : [...(record.otherRuns ?? []), withoutOthers(record)],
  );
  return { runs, drawnOn, isDamaged: records.includes(null) };
}

async function addedRecords(path: string): Promise<unknown[]> {
  const select = async (sql: string): Promise<Readonly<Record<string, string>>[]> => {
    const text = await gdalVectorGeoJson({ path }, ['-sql', sql]);
    const { features } = JSON.parse(text) as { features: { properties: Record<string, string> }[] };
    return features.map(({ properties }) => properties);
  };
  const hasTable = (await select("SELECT name FROM sqlite_master WHERE name = 'gpkg_metadata'")).length > 0;
  return hasTable ? (await select(addedRecordsSql)).map(({ body = '' }) => parsed(body)) : [];
}

/** GDAL hands on what a GeoJSON says beside its features. */
async function recordMember(path: string): Promise<unknown[]> {
  const options = ['NATIVE_DATA=YES'];
  const text = await gdalVectorGeoJson({ path }, ['-limit', '1'], { options });
  const { think2seg } = JSON.parse(text) as { think2seg?: unknown };
  return think2seg === undefined ? [] : [think2seg];
}

async function recordBeside(path: string): Promise<string | null> {
  const extension = extname(path).toLowerCase();
  if (extension !== '.fgb' && extension !== '.shp') {
    return null;
  }
  const base = extension === '.shp' ? withoutExtension(path) : path;
  try {
    return await readFile(`${base}.think2seg.json`, 'utf8');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) {
      return null;
    }
    throw thrown;
  }
}

/** A text that is no JSON stands for itself, which is no record. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function isHandRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'promptSource' in value && value.promptSource === 'by-hand';
}

function withoutOthers({ otherRuns, ...record }: RunRecord): RunRecord {
  return record;
}
