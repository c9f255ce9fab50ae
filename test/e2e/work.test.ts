import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Project } from '../../src-main/contract/project.ts';
import { launchDesktop, type DesktopApp, type DesktopOptions } from '../support/desktop-app.ts';
import { electronMissing, electronPath } from '../support/electron-runtime.ts';
import { someResult, someRunRecord } from '../support/work-documents.ts';

const root = resolve(import.meta.dirname, '../..');
const sample = join(root, 'resources/sample/harbour.tif');

/** A block of 40 m in the middle of the sample. */
const block = {
  type: 'Feature',
  properties: {},
  geometry: {
    type: 'Polygon',
    coordinates: [[[392_110, 5_819_890], [392_150, 5_819_890], [392_150, 5_819_850], [392_110, 5_819_850], [392_110, 5_819_890]]], // prettier-ignore
  },
};
const utm33 = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } };

describe.skipIf(electronMissing !== null)(`work that is kept ${electronMissing ?? ''}`, () => {
  let folder: string;
  let userDataDirectory: string;
  let desktop: DesktopApp | null = null;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'think2seg-work-'));
    userDataDirectory = join(folder, 'user');
    mkdirSync(userDataDirectory);
    // No tour: it opens a scene, which would be work that is kept too.
    writeFileSync(join(userDataDirectory, 'settings.json'), '{"tourSeen": true}');
  });
  afterEach(async () => {
    await desktop?.close();
    desktop = null;
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  const launch = async (options: DesktopOptions = {}): Promise<DesktopApp> => {
    desktop = await launchDesktop({ userDataDirectory, ...options });
    return desktop;
  };
  const kill = async (): Promise<void> => {
    await desktop?.kill();
    desktop = null;
  };
  const projectOf = (rasterPath: string): Project => ({
    format: 'think2seg-project',
    version: 1,
    savedAt: '2026-01-01T00:00:00.000Z',
    rasters: [
      {
        id: 'a',
        path: rasterPath,
        visible: true,
        opacity: 1,
        rgbBands: [1, 2, 3],
        stretch: [0, 1, 2].map(() => ({ low: 0, high: 255 })),
      },
    ],
    results: [],
    activeRasterId: 'a',
    view: null,
    questionHistory: ['Where could a helicopter land?'],
  });

  it('is offered again after the program was killed, with its rasters, until it is given up', async () => {
    const raster = join(folder, 'scene.tif');
    cpSync(sample, raster);
    const first = await launch();
    await first.answerDialogs({ open: [raster] });
    await first.call('dialog.openFiles', { title: 'Open', filters: [], several: false });
    expect(
      await first.call('autosave.write', { projectPath: null, projectText: JSON.stringify(projectOf(raster)) }),
    ).toMatchObject({ ok: true });
    await kill();

    const second = await launch();
    const { recovery } = await second.start();
    expect(recovery).toMatchObject({ projectPath: null, project: projectOf(raster) });
    expect(Date.now() - Date.parse(recovery?.savedAt ?? '')).toBeLessThan(60_000);
    expect(await second.call('raster.grant', { path: raster })).toMatchObject({ ok: true });
    await second.call('autosave.discard', {});
    await kill();

    const third = await launch();
    expect((await third.start()).recovery).toBeNull();
  });

  it('is saved as a project that can be moved with its rasters', async () => {
    const path = join(folder, 'work.t2s');
    const first = await launch();
    await first.answerDialogs({ save: path });
    await first.call('dialog.save', { title: 'Save', suggestedName: 'work.t2s', filters: [] });
    expect(await first.call('project.write', { path, project: projectOf(join(folder, 'scene.tif')) })).toMatchObject({
      ok: true,
    });
    expect(readFileSync(path, 'utf8')).toContain('"path": "scene.tif"');
    expect(await first.call('project.write', { path, project: { rasters: [] } })).toMatchObject({
      ok: false,
      error: { code: 'INPUT_CORRUPT' },
    });
    await kill();
    // A recent file: the user chose it once.
    const second = await launch();
    expect((await second.start()).recentFiles).toEqual([path]);
    expect(await second.call('project.read', { path })).toEqual({
      ok: true,
      output: projectOf(join(folder, 'scene.tif')),
    });
    // Somebody else saves meanwhile.
    const theirs = readFileSync(path, 'utf8').replace('scene.tif', 'theirs.tif');
    writeFileSync(path, theirs);
    const mine = { path, project: projectOf(join(folder, 'mine.tif')) };
    await second.answerDialogs({ unsaved: 'cancel' });
    expect(await second.call('project.write', mine)).toMatchObject({ ok: false, error: { code: 'CANCELLED' } });
    expect(readFileSync(path, 'utf8')).toBe(theirs);
    // The first button of each question goes on.
    await second.answerDialogs({ unsaved: 'save' });
    expect(await second.call('project.write', mine)).toMatchObject({ ok: true });
    expect(readFileSync(path, 'utf8')).toContain('mine.tif');
  });

  it('finds a raster again that is not where it was, unless another one is chosen', async () => {
    const [moved, other] = [join(folder, 'elsewhere.tif'), join(folder, 'lakes.jpg')];
    cpSync(sample, moved);
    cpSync(join(root, 'resources/sample/lakes.jpg'), other);
    const projectPath = join(folder, 'work.t2s');
    const record = someRunRecord('where?');
    const seen = { ...record.scene, path: '/gone/harbour.tif', width: 1024, height: 1024 };
    const result = someResult('a', [10], { rasterId: 'a', runRecord: { ...record, scene: seen } });
    writeFileSync(projectPath, JSON.stringify({ ...projectOf('gone/harbour.tif'), results: [result] }));
    const first = await launch({ args: [projectPath] });
    const { window } = first;
    const find = window.getByRole('button', { name: 'Find harbour.tif at its new place' });
    // With the code, by which the documentation says what to do.
    await window
      .getByRole('listitem')
      .getByText(/^INPUT_NOT_FOUND: .*harbour\.tif/u)
      .waitFor();
    await first.answerDialogs({ open: [other] });
    await find.click();
    await window.getByRole('log').getByText('it is another raster').waitFor();
    await first.answerDialogs({ open: [moved] });
    await find.click();
    await window.locator('.layers dl.facts').waitFor();
    expect(await window.getByRole('button', { name: 'Zoom to elsewhere.tif' }).count()).toBe(1);
    expect(await find.count()).toBe(0);
    await window.getByRole('toolbar').getByRole('button', { name: 'Undo' }).click();
    await find.waitFor();
  });

  it('goes on with the raster that it was left at, not with the topmost', async () => {
    const path = join(folder, 'two.t2s');
    const other = join(folder, 'above.tif');
    cpSync(sample, other);
    const [raster] = projectOf(join(folder, 'scene.tif')).rasters;
    const project = { ...projectOf('scene.tif'), rasters: [raster!, { ...raster!, id: 'b', path: other }] };
    writeFileSync(path, JSON.stringify(project));
    const { window } = await launch({ args: [path] });
    const active = window.locator('button[aria-current="true"]');
    await expect.poll(() => active.allInnerTexts()).toEqual(['scene.tif']);
  });

  it('keeps settings, and starts with standard values and a note when their file is damaged', async () => {
    const first = await launch();
    expect(await first.call('settings.change', { theme: 'dark', defaultFormat: '.fgb' })).toMatchObject({ ok: true });
    expect(await first.window.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(true);
    await kill();
    const second = await launch();
    expect((await second.start()).settings).toMatchObject({ theme: 'dark', defaultFormat: '.fgb' });
    await kill();
    writeFileSync(join(userDataDirectory, 'settings.json'), '{"theme": "dark", ');
    const third = await launch();
    const start = await third.start();
    expect(start.settings.theme).toBe('system');
    expect(start.notes).toEqual([expect.stringContaining('settings.json.bad') as string]);
  });

  it('opens files of the command line, and those of a second start in the same window', async () => {
    const [named, other] = [join(folder, 'named.tif'), join(folder, 'other.tif')];
    cpSync(sample, named);
    cpSync(sample, other);
    const first = await launch({ args: [named] });
    expect(await first.call('scene.info', { path: named, stats: false })).toMatchObject({ ok: true });
    const display = await first.electron.evaluate(() => process.env['DISPLAY']);
    const second = spawn(
      electronPath ?? '',
      [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        `--user-data-dir=${userDataDirectory}`,
        root,
        'other.tif',
      ],
      { cwd: folder, env: { ...process.env, DISPLAY: display }, stdio: 'ignore' },
    );
    await once(second, 'exit');
    await expect
      .poll(async () => (await first.events()).filter(({ kind }) => kind === 'files-opened'))
      .toEqual([{ kind: 'files-opened', paths: [other] }]);
    expect(await first.call('scene.info', { path: other, stats: false })).toMatchObject({ ok: true });
  });

  it('opens files that a person drops, and none that a page pretends to drop', async () => {
    const first = await launch();
    await first.window.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['II*'], 'made-up.tif'));
      window.dispatchEvent(new DragEvent('drop', { dataTransfer: data }));
    });
    const protocol = await first.window.context().newCDPSession(first.window);
    const data = { items: [], files: [sample], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await protocol.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
    }
    await expect
      .poll(async () => (await first.events()).filter(({ kind }) => kind === 'files-opened'))
      .toEqual([{ kind: 'files-opened', paths: [sample] }]);
    expect(await first.call('scene.info', { path: sample, stats: false })).toMatchObject({ ok: true });
  });

  it('is reported as HTML or as a PDF in which nothing of the report can run', async () => {
    const first = await launch();
    const html =
      '<!doctype html><meta charset="utf-8"><title>Report</title><style>h1 { color: teal }</style>' +
      '<h1>Grüße</h1><script>document.body.innerHTML = "<p>".repeat(5000)</script>' +
      '<img src="file:///etc/passwd"><iframe src="t2s-app://window/index.html"></iframe>';
    for (const name of ['report.html', 'report.pdf', 'report.txt']) {
      const path = join(folder, name);
      await first.answerDialogs({ save: path });
      await first.call('dialog.save', { title: 'Report', suggestedName: name, filters: [] });
    }
    const write = (name: string, overwrite = false) =>
      first.call('report.write', { path: join(folder, name), html, overwrite });
    expect(await write('report.html')).toEqual({ ok: true, output: join(folder, 'report.html') });
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe(html);
    expect(await write('report.pdf')).toMatchObject({ ok: true });
    expect(await write('report.pdf')).toMatchObject({ ok: false, error: { code: 'OUTPUT_EXISTS' } });
    expect(await write('report.pdf', true)).toMatchObject({ ok: true });
    expect(await write('report.txt')).toMatchObject({ ok: false, error: { code: 'OUTPUT_FORMAT' } });
    const pdf = readFileSync(join(folder, 'report.pdf'), 'latin1');
    expect(pdf.startsWith('%PDF-')).toBe(true);
    // Had the script run, its paragraphs would fill many pages.
    expect(pdf.match(/\/Type \/Page\b/gu)).toHaveLength(1);
  });

  it('ends when the window is closed and nothing is unsaved', async () => {
    const first = await launch();
    await first.start();
    const ended = once(first.electron.process(), 'exit');
    await requestClose(first);
    await ended;
    await kill();
  });

  it('asks before the window closes on a question, and stays or goes as it is told', async () => {
    const first = await launch({ args: [sample] });
    const { window } = first;
    await window.getByRole('button', { name: 'Zoom to harbour.tif' }).waitFor();
    await first.answerDialogs({ save: join(folder, 'work.t2s') });
    await first.electron.evaluate(({ Menu }) => {
      Menu.getApplicationMenu()?.getMenuItemById('save-project')?.click();
    });
    await expect.poll(() => existsSync(join(folder, 'work.t2s'))).toBe(true);
    const engine = await first.enginePid();
    // It will not answer.
    process.kill(engine, 'SIGSTOP');
    await window.getByLabel('Question', { exact: true }).fill('Where is the water?');
    await window.getByRole('button', { name: 'Ask', exact: true }).click();
    await window.getByRole('button', { name: 'Stop', exact: true }).waitFor();
    const asked = await answerMessages(first, 1);
    await requestClose(first);
    await expect.poll(() => asked()).toEqual(['A question is being answered.']);
    expect(first.electron.windows()).toHaveLength(1);
    const ended = once(first.electron.process(), 'exit');
    await answerMessages(first, 0);
    await requestClose(first);
    await ended;
    await kill();
  });

  it('asks before the window closes on an export, and writes nothing once that is cancelled', async () => {
    const outlines = join(folder, 'block.geojson');
    writeFileSync(outlines, JSON.stringify({ type: 'FeatureCollection', crs: utm33, features: [block] }));
    const first = await launch({ args: [sample, outlines] });
    const { window } = first;
    await window.getByRole('article', { name: 'block' }).waitFor();
    const path = join(folder, 'out.gpkg');
    await first.answerDialogs({ save: path });
    const engine = await first.enginePid();
    // It will write no faster than the test asks.
    process.kill(engine, 'SIGSTOP');
    await window.keyboard.press('Control+e');
    await window.getByRole('button', { name: 'Export…' }).click();
    await window.getByRole('button', { name: 'Writing…' }).waitFor();
    const asked = await answerMessages(first, 1);
    await requestClose(first);
    await expect.poll(() => asked()).toEqual(['A file is being written.']);
    expect(first.electron.windows()).toHaveLength(1);
    await window.getByRole('button', { name: 'Cancel' }).click();
    await window.getByRole('dialog').waitFor({ state: 'detached' });
    process.kill(engine, 'SIGCONT');
    // Answered after what came before.
    await first.call('models.unload', {});
    await expect.poll(() => readdirSync(folder).sort()).toEqual(['block.geojson', 'user']);
    expect(await window.getByRole('log').innerText()).toBe('');
    // Nothing is under way any more, and the outlines are in no project.
    const askedThen = await answerMessages(first, 2);
    await requestClose(first);
    await expect.poll(() => askedThen()).toEqual(['There is work that is not saved.']);
    expect(first.problems).toEqual([]);
  });

  it('asks before the window closes on a batch, which goes on when its user stays', async () => {
    const rasters = join(folder, 'rasters');
    const answers = join(folder, 'answers');
    [rasters, answers].forEach((path) => mkdirSync(path));
    cpSync(sample, join(rasters, 'scene.tif'));
    const first = await launch();
    const { window } = first;
    await window.keyboard.press('Control+b');
    await first.answerDialogs({ open: [rasters] });
    await window.getByRole('button', { name: 'Add folder…' }).click();
    await window.getByText(rasters).waitFor();
    await window.getByRole('textbox', { name: 'Questions, one a line' }).fill('Where is the water?');
    await first.answerDialogs({ open: [answers] });
    await window.getByRole('button', { name: 'Choose folder…' }).click();
    await window.getByText(answers).waitFor();
    const engine = await first.enginePid();
    process.kill(engine, 'SIGSTOP');
    await window.getByRole('button', { name: 'Start', exact: true }).click();
    await window.getByRole('button', { name: 'Pause' }).waitFor();
    const asked = await answerMessages(first, 1);
    await requestClose(first);
    await expect.poll(() => asked()).toEqual(['A batch is at work.']);
    expect(first.electron.windows()).toHaveLength(1);
    process.kill(engine, 'SIGCONT');
    await window.getByText('1 of 1').waitFor({ timeout: 60_000 });
    await window.getByText('Done.').waitFor();
    const ended = once(first.electron.process(), 'exit');
    await requestClose(first);
    await ended;
    await kill();
  });

  it('takes away what a file under way left, before it ends', async () => {
    const first = await launch();
    const path = join(folder, 'out.gpkg');
    await first.answerDialogs({ save: path });
    await first.call('dialog.save', { title: 'Export', suggestedName: 'out.gpkg', filters: [] });
    await first.call('pack.list', { embeddedDirectory: (await first.start()).embeddedPackDirectory });
    process.kill(await first.enginePid(), 'SIGSTOP');
    const scratch = join(folder, '.think2seg-test');
    mkdirSync(scratch);
    void first
      .call('export.vector', {
        rasterPath: sample,
        path,
        layerName: 'out',
        fields: [],
        instances: [],
        runRecord: null,
        write: 'create',
        style: null,
        scratchName: '.think2seg-test',
      })
      .catch(() => undefined);
    // Answered after the export has reached the engine's client.
    await first.call('call.cancel', { callId: 0 });
    const ended = once(first.electron.process(), 'exit');
    await requestClose(first);
    await ended;
    expect(existsSync(scratch)).toBe(false);
    await kill();
  });

  it('leaves the window open until the page, which may have to save, closes it', async () => {
    const first = await launch();
    await first.start();
    // From here on the page is asked and its answer does not arrive.
    await first.electron.evaluate(({ ipcMain }) => {
      ipcMain.removeHandler('think2seg:call');
    });
    await requestClose(first);
    await expect.poll(() => first.events()).toContainEqual({ kind: 'close-requested' });
    expect(first.electron.windows()).toHaveLength(1);
  });

  it('asks about a file that is replaced, and not about one that is added to', async () => {
    const first = await launch();
    await first.electron.evaluate(({ dialog }) => {
      Object.assign(dialog, {
        showSaveDialog: (_: unknown, { properties }: { properties: string[] }) =>
          Promise.resolve({
            canceled: false,
            filePath: properties.includes('showOverwriteConfirmation') ? '/asks' : '/asks-not',
          }),
      });
    });
    const save = { title: 'Export', suggestedName: 'out.gpkg', filters: [] };
    expect(await first.call('dialog.save', save)).toMatchObject({ output: '/asks' });
    expect(await first.call('dialog.save', { ...save, replaces: false })).toMatchObject({ output: '/asks-not' });
  });

  it('offers the formats of a report first where a report was asked for', async () => {
    const { window } = await launch({ args: [sample] });
    await window.getByRole('button', { name: 'Zoom to harbour.tif' }).waitFor();
    await window.keyboard.press('Control+p');
    await window.getByRole('radio', { name: /^Report \(HTML\)/, checked: true }).waitFor();
  });

  it('tells the window what was chosen in the menu', async () => {
    const first = await launch();
    await first.electron.evaluate(({ Menu }) => {
      Menu.getApplicationMenu()?.getMenuItemById('export')?.click();
    });
    await expect.poll(() => first.events()).toContainEqual({ kind: 'menu', command: 'export' });
  });

  it('comes up again when the page crashes', async () => {
    const first = await launch();
    const loadedProcess = () =>
      first.electron.evaluate(({ webContents }) => {
        const [page] = webContents.getAllWebContents();
        return page === undefined || page.isCrashed() || page.isLoading() ? 0 : page.getOSProcessId();
      });
    const before = await loadedProcess();
    await first.electron.evaluate(({ webContents }) => {
      webContents.getAllWebContents()[0]?.forcefullyCrashRenderer();
    });
    await expect.poll(async () => [0, before].includes(await loadedProcess()), { timeout: 10_000 }).toBe(false);
    const bridge = await first.electron.evaluate(({ webContents }): Promise<unknown> | undefined =>
      webContents.getAllWebContents()[0]?.executeJavaScript('typeof think2seg.call'),
    );
    expect(bridge).toBe('function');
  });
});

/** What a click on the window's own close button does. */
function requestClose(desktop: DesktopApp): Promise<void> {
  return desktop.electron.evaluate(({ BrowserWindow }) => {
    // Later: a window that closes at once would take the answer to this call along.
    setTimeout(() => BrowserWindow.getAllWindows()[0]?.close());
  });
}

/** Answers message boxes by the index of a button. @returns what they have asked since then */
async function answerMessages(desktop: DesktopApp, response: number): Promise<() => Promise<string[]>> {
  await desktop.electron.evaluate(({ dialog }, index) => {
    const asked: string[] = [];
    Object.assign(globalThis, { askedMessages: asked });
    Object.assign(dialog, {
      showMessageBox: (_: unknown, { message }: { message: string }) => {
        asked.push(message);
        return Promise.resolve({ response: index, checkboxChecked: false });
      },
    });
  }, response);
  return () => desktop.electron.evaluate(() => (globalThis as unknown as { askedMessages: string[] }).askedMessages);
}
