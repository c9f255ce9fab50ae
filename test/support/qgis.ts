/** Asks Debian's QGIS (python3-qgis), headless. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** The interpreter that Debian's QGIS is installed for. */
const interpreter = '/usr/bin/python3';
const script = resolve(import.meta.dirname, 'qgis_render.py');

export interface QgisReport {
  valid: boolean;
  features: number;
  crs: string;
  rasterCrs: string;
  fill: [number, number, number, number];
  stroke: [number, number, number, number];
  opacity: number;
  qmlLoaded: boolean | null;
  saved: boolean;
}

function findReason(): string | null {
  const probe = spawnSync(interpreter, ['-c', 'import qgis.core'], { encoding: 'utf8' });
  if (probe.status !== 0) {
    return 'no QGIS for Python here (Debian package python3-qgis)';
  }
  return existsSync('/usr/bin/qgis_process.bin') ? null : 'no qgis_process.bin here (Debian package qgis)';
}

/** Why QGIS cannot be asked here; null when it can. */
export const qgisMissing: string | null = findReason();

if (qgisMissing !== null && process.env['T2S_REQUIRE_QGIS'] === '1') {
  throw new Error(`QGIS is required here: ${qgisMissing}`);
}

/** Draws a vector layer over a raster as QGIS does with the style it finds itself, or with `qmlPath`. */
export async function renderWithQgis(request: {
  picturePath: string;
  size: readonly [width: number, height: number];
  rasterPath: string;
  vectorUri: string;
  qmlPath?: string;
}): Promise<QgisReport> {
  const runtimeDirectory = await mkdtemp(join(tmpdir(), 'think2seg-qgis-'));
  try {
    const { stdout } = await promisify(execFile)(
      interpreter,
      [
        script,
        request.picturePath,
        ...request.size.map(String),
        request.rasterPath,
        request.vectorUri,
        ...(request.qmlPath === undefined ? [] : [request.qmlPath]),
      ],
      {
        timeout: 90_000,
        env: {
          ...process.env,
          QT_QPA_PLATFORM: 'offscreen',
          XDG_RUNTIME_DIR: runtimeDirectory,
          HOME: runtimeDirectory,
        },
      },
    );
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as QgisReport;
  } finally {
    await rm(runtimeDirectory, { recursive: true, force: true });
  }
}
