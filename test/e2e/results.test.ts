/** Vector files opened as results in the real program: ours with all they say, others where GDAL puts them, bad ones refused with a reason. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Analyst, roundingM2 } from '../support/analyst.ts';
import { launchDesktop, type DesktopApp, type DesktopOptions } from '../support/desktop-app.ts';
import { dropFiles } from '../support/drop-files.ts';
import { electronMissing } from '../support/electron-runtime.ts';
import { pythonMissing, PythonProcess } from '../support/python.ts';

const root = resolve(import.meta.dirname, '../..');
const sample = join(root, 'resources/sample/harbour.tif');
const question = 'Where is liquid fuel kept in bulk?';
const missing =
  electronMissing ??
  pythonMissing(['fiona', 'rasterio', 'shapely']) ??
  (spawnSync('ogr2ogr', ['--version']).status === 0 ? null : 'ogr2ogr is not installed (Debian package gdal-bin)');

describe.skipIf(missing !== null)(`results from files ${missing ?? ''}`, () => {
  let folder: string;
  let raster: string;
  let desktop: DesktopApp;
  let analyst: Analyst;
  let python: PythonProcess;

  const at = (name: string): string => join(folder, name);
  const launch = async (options: DesktopOptions): Promise<void> => {
    desktop = await launchDesktop({ userDataDirectory: at('user'), ...options });
    analyst = new Analyst(desktop);
  };
  const saysNotice = async (words: RegExp): Promise<void> => {
    await desktop.window.getByRole('log').getByText(words).first().waitFor();
    const dismiss = desktop.window.getByRole('button', { name: 'Dismiss' });
    for (let left = await dismiss.count(); left > 0; left--) {
      await dismiss.first().click();
    }
  };
  const article = (name: string) => desktop.window.getByRole('article', { name, exact: true });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-results-'));
    raster = at('scene.tif');
    cpSync(sample, raster);
    mkdirSync(at('user'));
    writeFileSync(at('user/settings.json'), '{"tourSeen": true}');
    python = new PythonProcess(join(root, 'test/support/output_oracle.py'));
    // A block of 40 m in the middle of the scene and one beside it.
    const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } };
    const features = [392_110, 395_000].map((x) => ({
      type: 'Feature',
      properties: { owner: 'Hafen' },
      geometry: {
        type: 'Polygon',
        coordinates: [[[x, 5_819_890], [x + 40, 5_819_890], [x + 40, 5_819_850], [x, 5_819_850], [x, 5_819_890]]], // prettier-ignore
      },
    }));
    writeFileSync(at('blocks.geojson'), JSON.stringify({ type: 'FeatureCollection', crs, features }));
    execFileSync('ogr2ogr', ['-t_srs', 'EPSG:3857', at('web.gpkg'), at('blocks.geojson'), '-nln', 'blocks']);
    execFileSync('ogr2ogr', ['-t_srs', 'EPSG:2056', at('swiss.shp'), at('blocks.geojson')]);
    execFileSync('ogr2ogr', ['-nlt', 'POINT', '-dialect', 'SQLITE', '-sql', 'SELECT ST_Centroid(geom) FROM blocks', at('points.fgb'), at('web.gpkg')]); // prettier-ignore
    await launch({ args: [raster, at('web.gpkg')] });
    await analyst.drawn();
  });
  afterAll(async () => {
    python.close();
    await desktop.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  it('are opened from the command line, drawn in place, and say what was left out', async () => {
    await article('web — blocks').waitFor();
    await saysNotice(/1 of 2 features lie beside the raster/);
    expect(await analyst.resultAreaM2('web — blocks')).toBeCloseTo(1600, -1);
    const inside = await analyst.placeOnMap(raster, [392_130, 5_819_870]);
    const outside = await analyst.placeOnMap(raster, [392_160, 5_819_870]);
    const shown = [await analyst.colourAt(inside), await analyst.colourAt(outside)];
    await analyst.button('Hide').click();
    expect(await analyst.colourAt(inside)).not.toBe(shown[0]);
    expect(await analyst.colourAt(outside)).toBe(shown[1]);
    await analyst.button('Show').click();
  });

  it('are opened by dropping all parts of a Shapefile, and from the dialog', async () => {
    await dropFiles(
      desktop.window,
      ['.shp', '.shx', '.dbf', '.prj'].map((end) => at(`swiss${end}`)),
    );
    await article('swiss').waitFor();
    await analyst.button('Attribute table').click();
    const table = desktop.window.getByRole('grid', { name: 'Attribute table' });
    await table.getByRole('columnheader', { name: 'owner' }).waitFor();
    expect(await table.getByRole('gridcell', { name: 'Hafen' }).count()).toBe(2);
    await analyst.button('Close').click();
    await desktop.answerDialogs({ open: [at('blocks.geojson')] });
    await analyst.menu('open');
    await article('blocks').waitFor();
    await saysNotice(/blocks\.geojson/);
    expect(await desktop.window.getByRole('log').innerText()).toBe('');
  });

  it('are reviewed, exported and taken back like any other', async () => {
    await analyst.button('Delete result').click();
    await analyst.button('Accept 1').click();
    await analyst.exportTo('GeoPackage', at('reviewed.gpkg'));
    const told = await python.ask({ op: 'vector', path: at('reviewed.gpkg') });
    expect(told['areas']).toEqual([expect.closeTo(1600, 0), expect.closeTo(1600, 0)]);
    expect(told['epsg']).toBe(32633);
    expect(told['properties']).toMatchObject([{ owner: 'Hafen' }, { owner: 'Hafen' }]);
    await analyst.menu('undo');
    await analyst.button('Accept 1').waitFor();
  });

  it('bring question, reasoning and prompts of our own files, which then can be corrected', async () => {
    const { window } = desktop;
    await analyst.deleteResults();
    expect(await analyst.ask(question)).toMatch(/found/);
    const [areas, score] = [await analyst.areasM2(), await window.locator('.choose').first().innerText()];
    await analyst.exportTo('GeoPackage', at('own.gpkg'));
    await analyst.deleteResults();
    await dropFiles(window, [at('own.gpkg')]);
    await article(question).waitFor();
    expect(await analyst.areasM2()).toEqual(areas);
    expect(await window.locator('.choose').first().innerText()).toBe(score);
    await window.getByText('Reasoning and provenance').click();
    await window.locator('blockquote').first().waitFor();
    await window.locator('.choose').first().click();
    const right = window.getByLabel('Right', { exact: true });
    await analyst.fill('Right', Number(await right.inputValue()) - 12);
    expect((await analyst.areasM2())[0]).not.toBe(areas[0]);
  });

  it('are kept in the project', async () => {
    const project = at('work.t2s');
    await desktop.answerDialogs({ save: project });
    await analyst.menu('save-project');
    await expect.poll(() => readFileSync(project, { encoding: 'utf8', flag: 'a+' })).toContain('"origin": "file"');
    await analyst.deleteResults();
    await desktop.answerDialogs({ open: [project], unsaved: 'drop' });
    await analyst.menu('open-project');
    await article(question).waitFor();
    expect(desktop.problems).toEqual([]);
  });

  it('are lost from unsaved work only where the user says so', async () => {
    const project = at('work.t2s');
    const saved = (): string => readFileSync(project, 'utf8');
    await analyst.deleteResults();
    await desktop.answerDialogs({ open: [project], unsaved: 'cancel' });
    await analyst.menu('open-project');
    expect(saved()).toContain('"origin": "file"');
    expect(await article(question).count()).toBe(0);
    await desktop.answerDialogs({ open: [project], unsaved: 'drop' });
    await analyst.menu('open-project');
    await article(question).waitFor();
    await analyst.deleteResults();
    await desktop.answerDialogs({ open: [project], unsaved: 'save' });
    await analyst.menu('open-project');
    await expect.poll(saved).not.toContain('"origin": "file"');
  });

  it('are refused with a reason when they are points, broken or elsewhere', async () => {
    const before = await desktop.window.getByRole('article').count();
    writeFileSync(at('broken.geojson'), '{"type": "FeatureCollection", "features": [');
    writeFileSync(at('elsewhere.geojson'), JSON.stringify({ type: 'Polygon', coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] })); // prettier-ignore
    for (const [name, words] of [
      ['points.fgb', /INPUT_UNSUPPORTED: .*points\.fgb holds Point, expected polygons/],
      ['broken.geojson', /INPUT_NOT_READABLE: .*broken\.geojson/],
      ['elsewhere.geojson', /WINDOW_OUTSIDE: none of the 1 features of .*elsewhere\.geojson/],
    ] as const) {
      await dropFiles(desktop.window, [at(name)]);
      await saysNotice(words);
    }
    expect(await desktop.window.getByRole('article').count()).toBe(before);
  });

  it('open the raster they were made from when they are taken from the recent files', async () => {
    await desktop.call('autosave.discard', {});
    await desktop.close();
    await launch({});
    const start = await desktop.start();
    expect(start.recentFiles).toEqual(expect.arrayContaining([raster, at('own.gpkg'), at('web.gpkg')]));
    await analyst.button('web.gpkg').waitFor();
    await dropFiles(desktop.window, [at('blocks.geojson')]);
    await saysNotice(/blocks\.geojson holds outlines, which need a raster to lie on/);
    const inMenu = await desktop.electron.evaluate(
      ({ Menu }) =>
      Menu.getApplicationMenu()?.items[0]?.submenu?.items.flatMap(({ submenu }) => submenu?.items.map(({ label }) => label) ?? []), // prettier-ignore
    );
    expect(inMenu).toContain(at('own.gpkg'));
    await analyst.button('own.gpkg').click();
    await article(question).waitFor();
    await analyst.button('Zoom to scene.tif').waitFor();
    expect(Math.max(...(await analyst.areasM2()).map((area) => area ?? 0))).toBeGreaterThan(roundingM2(1));
    expect(desktop.problems).toEqual([]);
  });
});
