import { expect, it } from 'vitest';
import { withoutCompanions } from '../../../src-renderer/companion-files.ts';

it.each([
  [
    'a raster',
    'ortho.tif',
    ['ortho.tif.aux.xml', 'ortho.tif.ovr', 'ortho.tif.msk.ovr', 'ortho.tfw', 'ORTHO.PRJ', 'ortho.tab'],
  ],
  ['another raster', 'photo.jpeg', ['photo.jgw', 'photo.jpegw', 'photo.wld', 'photo.jpeg.aux.xml']],
  ['a Shapefile', 'box.shp', ['box.shx', 'box.dbf', 'box.prj', 'box.cpg', 'box.qml', 'box.think2seg.json']],
])('leaves out what lies beside %s', (_, main, beside) => {
  const inFolder = (name: string): string => `/data.d/${name}`;
  expect(withoutCompanions([...beside, main].map(inFolder))).toEqual([inFolder(main)]);
  expect(withoutCompanions([main, ...beside].map(inFolder))).toEqual([inFolder(main)]);
});

it('keeps what belongs to none of the others', () => {
  const paths = [
    '/a/ortho.tif',
    '/b/ortho.tfw',
    '/a/other.tif.ovr',
    '/a/ortho.png',
    '/a/ortho.geojson',
    '/a/ortho2.prj',
  ];
  expect(withoutCompanions(paths)).toEqual(paths);
  expect(withoutCompanions(['C:\\a\\ortho.tif', 'C:\\a\\ortho.tfw'])).toEqual(['C:\\a\\ortho.tif']);
});
