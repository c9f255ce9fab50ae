import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sceneNames } from '../../../src-main/core/batch/scene-names.ts';

it('tells rasters of one name apart by their folders', () => {
  const at = (...parts: string[]): string => join('/data', ...parts);
  const paths = [at('u32', 'tile.tif'), at('u33', 'b', 'tile.tif'), at('u33', 'harbour.tif'), at('u32', 'tile.tif')];
  expect([...sceneNames(paths).values()]).toEqual(['u32/tile.tif', 'u33/b/tile.tif', 'harbour.tif']);
  expect([...sceneNames(['/tile.tif', '/a/tile.tif']).values()]).toEqual(['tile.tif', 'a/tile.tif']);
});
