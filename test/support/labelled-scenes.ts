/** Real scenes with boxes of objects in them: from their labels, or drawn by hand where there are none. */
import { boxesOfCsv, boxesOfMask } from './label-boxes.ts';
import { sharedPath } from './shared-data.ts';
import type { SceneBox } from './scripted-tiles.ts';

export interface LabelledScene {
  readonly name: string;
  readonly rasterPath: string;
  /** Side of a tile of which the scene has several. */
  readonly tilePx: number;
  readonly boxes: () => Promise<SceneBox[]>;
}

/** Labels that lie apart: of two boxes that overlap, tiles may see one and the same. */
function apart(boxes: readonly SceneBox[]): SceneBox[] {
  return boxes.filter((a) =>
    boxes.every((b) => a === b || a[0] >= b[2] || b[0] >= a[2] || a[1] >= b[3] || b[1] >= a[3]),
  );
}

export const labelledScenes: readonly LabelledScene[] = [
  {
    name: 'two lakes (NAIP, 5 m)',
    rasterPath: sharedPath('data/aerial_satellite/m_4709963_se_14_1_20180716.tif'),
    tilePx: 280,
    boxes: () =>
      Promise.resolve([
        [382, 385, 555, 522],
        [752, 412, 898, 510],
      ]),
  },
  {
    name: 'two oxbow lakes (Landsat)',
    rasterPath: sharedPath('data/aerial_satellite/2020.tif'),
    tilePx: 128,
    boxes: () =>
      Promise.resolve([
        [255, 195, 290, 250],
        [303, 260, 368, 288],
      ]),
  },
  {
    name: 'a building larger than a tile (drone, 2 cm)',
    rasterPath: sharedPath('data/drone/australia.tif'),
    tilePx: 280,
    boxes: () => Promise.resolve([[240, 129, 660, 597]]),
  },
  {
    name: 'trees (Zurich, 0.5 m)',
    rasterPath: sharedPath('data/labelled_trees_mask_zurich/1091-322_00_img.tif'),
    tilePx: 64,
    boxes: async () => apart(await boxesOfMask('data/labelled_trees_mask_zurich/1091-322_00_mask.tif', 60)),
  },
  {
    name: 'trees (NEON, 0.1 m)',
    rasterPath: sharedPath('data/labelled_trees_neon/OSBS_029.tif'),
    tilePx: 160,
    boxes: async () => apart(await boxesOfCsv('data/labelled_trees_neon/OSBS_029.csv')),
  },
  {
    name: 'buildings (Atlanta, 16 bit)',
    rasterPath: sharedPath('data/labelled_buildings_spacenet/sample_geotiff.tif'),
    tilePx: 280,
    boxes: async () =>
      apart(await boxesOfMask('data/labelled_buildings_spacenet/sample_fp_mask_from_geojson.tif', 100)),
  },
];
