import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentResult } from '../../src-main/contract/segment-result.ts';
import { electronMissing, electronPath } from '../support/electron-runtime.ts';
import { packageProgram, packageTargets, startPackaged, type PackagedProgram } from '../support/packaged-program.ts';
import { openVirtualDisplay } from '../support/virtual-display.ts';

const root = resolve(import.meta.dirname, '../..');
const { version: packageVersion } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const skipped = process.platform === 'linux' ? electronMissing : 'the folder target is built for Linux here';
/** Why the Debian package cannot be installed into a folder here; null when it can. */
const installMissing =
  process.getuid?.() !== 0
    ? 'dpkg installs for root only'
    : (['dpkg', 'desktop-file-validate', 'update-mime-database'].find((tool) => !existsSync(`/usr/bin/${tool}`)) ??
      null);

const toolMissing = (...tools: string[]): string | null =>
  tools.map((tool) => `/usr/bin/${tool}`).find((path) => !existsSync(path)) ?? null;
const archiveMissing = toolMissing('7za');
const imageMissing = toolMissing('mksquashfs', 'unsquashfs', 'desktop-file-validate');

/** Names below a folder with the sizes of files, sorted. */
function contentsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => [name, lstatSync(join(folder, name))] as const)
    .map(([name, found]) => (found.isDirectory() ? name : `${name} ${found.size}`))
    .sort();
}

describe.skipIf(skipped !== null)(`the packaged program ${skipped ?? ''}`, () => {
  let program: PackagedProgram;

  beforeAll(async () => {
    program = await packageProgram();
  }, 300_000);
  afterAll(() => program.remove());

  it('opens the sample, is asked, and shows what it found, with nothing but what it brings', async () => {
    const running = await startPackaged(program.executable);
    try {
      const { window } = running;
      await window.getByRole('button', { name: 'Skip the tour' }).click();
      // The tour has opened it.
      await window.getByRole('button', { name: 'Zoom to harbour.tif' }).waitFor();
      await window.getByRole('textbox', { name: 'Question', exact: true }).fill('Where is liquid fuel kept in bulk?');
      await window.getByText('Whole scene').click();
      // The provider is `auto`: a graphics driver is examined on the way, in a process that must not need a Node.
      await window.getByRole('button', { name: 'Ask', exact: true }).click();
      await window.getByText(/^\d+ objects found$/u).waitFor({ timeout: 60_000 });
      await window
        .getByText(/storage tank/u)
        .first()
        .waitFor();
      await window.getByRole('article').waitFor();
    } finally {
      await running.close();
    }
  });

  it('is the command line too, and opens no window for it', async () => {
    const display = await openVirtualDisplay({ width: 800, height: 600 });
    const run = (...args: string[]) =>
      spawnSync(program.executable, [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...args], {
        env: { ...process.env, DISPLAY: display.name },
        timeout: 60_000,
        encoding: 'utf8',
      });
    const [output, geoPackage] = ['answer.geojson', 'answer.gpkg'].map((name) => join(program.folder, name)) as [
      string,
      string,
    ];
    const asked = run(
      ...['segment', resolve('resources/sample/harbour.tif'), '--query=Where is liquid fuel kept in bulk?'],
      ...[`--output=${output}`, `--output=${geoPackage}`, '--json', '--progress=json'],
    );
    expect(asked.status).toBe(0);
    const { features } = JSON.parse(asked.stdout) as SegmentResult;
    expect((JSON.parse(readFileSync(output, 'utf8')) as { features: unknown[] }).features).toHaveLength(features);
    expect(asked.stderr).toContain('{"stage":"thinking"');
    const listed = execFileSync('ogrinfo', ['-so', '-al', geoPackage], { encoding: 'utf8' });
    expect(listed).toContain(`Feature Count: ${features}`);
    // Tiles are asked in threads, which start from a script inside of the archive.
    const inTiles = run(
      ...['segment', resolve('resources/sample/harbour.tif'), '--query=Where is liquid fuel kept in bulk?'],
      ...['--scale=tiles', '--threads=2', '--json', '--quiet'],
    );
    expect(inTiles).toMatchObject({ status: 0, stdout: expect.stringContaining('"failed":0') as string });
    const refused = run('segment', 'nowhere.tif', '--query=x');
    expect(refused.status).toBe(3);
    expect(refused.stderr).toMatch(/^INPUT_NOT_FOUND: /mu);
    display.close();
  });

  it('carries native libraries of this platform only', () => {
    const libraries = join(program.folder, 'resources/app.asar.unpacked/node_modules/onnxruntime-node/bin/napi-v6');
    expect(readdirSync(libraries)).toEqual([process.platform]);
    expect(readdirSync(join(libraries, process.platform))).toEqual([process.arch]);
  });

  it('carries the licences and the bill of materials of what is in it', () => {
    const licences = join(program.folder, 'resources/licences');
    const texts = readFileSync(join(licences, 'THIRD_PARTY_LICENCES.txt'), 'utf8');
    const bill = JSON.parse(readFileSync(join(licences, 'sbom.cdx.json'), 'utf8')) as {
      bomFormat: string;
      components: { name: string; version: string; purl: string }[];
    };
    expect(bill.bomFormat).toBe('CycloneDX');
    const names = bill.components.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['onnxruntime-node', 'gdal3.js', '@sqlite.org/sqlite-wasm', 'zod', 'electron']),
    );
    expect(names).not.toContain('vitest');
    bill.components.forEach(({ name, version }) => expect(texts).toMatch(new RegExp(`${name} ${version} \\(`, 'u')));
    expect(readFileSync(join(licences, 'LICENSE'), 'utf8')).toContain('Apache License');
    expect(existsSync(join(program.folder, 'LICENSES.chromium.html'))).toBe(true);
  });

  it('becomes a Debian package whose files are a program that starts', async () => {
    const deb = join(program.folder, '../think2seg.deb');
    const scratch = join(program.folder, '../installed');
    const run = (command: string, ...args: string[]): string =>
      execFileSync(command, args, {
        encoding: 'utf8',
        cwd: root,
        env: { ...process.env, T2S_DEB_COMPRESSION: 'none' },
      });
    run('node', 'resources/builder/make-deb.mjs', program.folder, deb);
    const field = (name: string): string => run('dpkg-deb', '--field', deb, name).trim();
    expect([field('Package'), field('Version')]).toEqual(['think2seg-desktop', packageVersion]);
    expect(field('Architecture')).toBe(run('dpkg', '--print-architecture').trim());
    expect(field('Depends')).toContain('libgtk-3-0');

    run('dpkg-deb', '--raw-extract', deb, scratch);
    execFileSync('md5sum', ['--check', '--quiet', 'DEBIAN/md5sums'], { cwd: scratch });
    const installed = realpathSync(join(scratch, 'usr/bin/think2seg-desktop'));
    expect(installed).toBe(realpathSync(join(scratch, 'opt/think2seg-desktop/think2seg-desktop')));
    expect(statSync(join(dirname(installed), 'chrome-sandbox')).mode & 0o7777).toBe(0o4755);

    const entry = readFileSync(join(scratch, 'usr/share/applications/think2seg-desktop.desktop'), 'utf8');
    expect(entry).toContain('Exec=/opt/think2seg-desktop/think2seg-desktop %F\n');
    const types = readFileSync(join(scratch, 'usr/share/mime/packages/think2seg-desktop.xml'), 'utf8');
    const [, project] = /MimeType=image\/tiff;([^;]+);/u.exec(entry) ?? [];
    expect(types).toContain(`<mime-type type="${project}">`);
    // Results: offered to open with, beside the GIS that they belong to.
    expect(entry).toMatch(
      /^MimeType=.*;application\/geopackage\+sqlite3;application\/geo\+json;application\/x-esri-shape;$/mu,
    );
    expect(types).toContain('pattern="*.t2s"');

    const running = await startPackaged(installed, [join(root, 'resources/sample/harbour.tif')]);
    try {
      await running.window.getByRole('button', { name: 'Zoom to harbour.tif' }).waitFor();
    } finally {
      await running.close();
    }
  });

  it.skipIf(installMissing !== null)(
    `is installed by dpkg into an empty root, known to menus and as a type of file ${installMissing ?? ''}`,
    () => {
      const deb = join(program.folder, '../think2seg.deb');
      const system = join(program.folder, '../system');
      for (const folder of ['info', 'updates']) {
        mkdirSync(join(system, 'var/lib/dpkg', folder), { recursive: true });
      }
      writeFileSync(join(system, 'var/lib/dpkg/status'), '');
      const run = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' });
      // What it depends on is not in an empty root.
      run('dpkg', `--root=${system}`, '--force-depends', '--install', deb);
      expect(run('dpkg', `--root=${system}`, '--status', 'think2seg-desktop')).toContain(
        'Status: install ok installed',
      );
      expect(run('dpkg', `--root=${system}`, '--verify', 'think2seg-desktop')).toBe('');
      run('desktop-file-validate', join(system, 'usr/share/applications/think2seg-desktop.desktop'));
      run('update-mime-database', join(system, 'usr/share/mime'));
      const globs = readFileSync(join(system, 'usr/share/mime/globs'), 'utf8');
      expect(globs).toContain('application/x-think2seg-project:*.t2s\n');
      run('dpkg', `--root=${system}`, '--purge', 'think2seg-desktop');
      expect(existsSync(join(system, 'opt/think2seg-desktop'))).toBe(false);
    },
    240_000,
  );

  it.skipIf(archiveMissing !== null)(
    `becomes a tar.gz of the same files ${archiveMissing ?? ''}`,
    async () => {
      const output = join(program.folder, '../archive');
      const environment = { ELECTRON_BUILDER_7ZIP_PATH: '/usr/bin/7za', ELECTRON_BUILDER_COMPRESSION_LEVEL: '1' };
      await packageTargets(program, ['tar.gz'], output, environment);
      const archive = readdirSync(output).find((name) => name.endsWith('.tar.gz')) ?? '';
      execFileSync('tar', ['--extract', `--file=${join(output, archive)}`, `--directory=${output}`]);
      expect(contentsOf(join(output, archive.slice(0, -'.tar.gz'.length)))).toEqual(contentsOf(program.folder));
    },
    300_000,
  );

  it.skipIf(imageMissing !== null)(
    `becomes an AppImage whose files are a program that starts ${imageMissing ?? ''}`,
    async () => {
      const [output, tools] = [join(program.folder, '../image'), join(program.folder, '../image-tools')];
      mkdirSync(join(tools, 'runtimes'), { recursive: true });
      mkdirSync(join(tools, 'lib/x64'), { recursive: true });
      for (const tool of ['mksquashfs', 'desktop-file-validate']) {
        symlinkSync(`/usr/bin/${tool}`, join(tools, tool));
      }
      // The runtime is a download, which mounts what follows it; what follows it is looked at here.
      const runtime = Buffer.alloc(4096, 'stands in for the runtime\n');
      writeFileSync(join(tools, 'runtimes/runtime-x64'), runtime);
      await packageTargets(program, ['AppImage'], output, { APPIMAGE_TOOLS_PATH: tools });
      const image = join(output, readdirSync(output).find((name) => name.endsWith('.AppImage')) ?? '');
      expect(readFileSync(image).subarray(0, runtime.length).equals(runtime)).toBe(true);
      const files = join(output, 'files');
      execFileSync('unsquashfs', ['-quiet', '-no-progress', '-offset', String(runtime.length), '-dest', files, image]);

      expect(contentsOf(files)).toEqual(expect.arrayContaining(contentsOf(program.folder)));
      const entry = join(files, readdirSync(files).find((name) => name.endsWith('.desktop')) ?? '');
      execFileSync('desktop-file-validate', [entry]);
      // No --no-sandbox.
      expect(readFileSync(entry, 'utf8')).toMatch(/^Exec=AppRun %U$/mu);
      expect(readFileSync(entry, 'utf8')).toMatch(/^MimeType=.*application\/x-think2seg-project;/mu);
      const running = await startPackaged(join(files, 'AppRun'), [join(root, 'resources/sample/harbour.tif')]);
      try {
        await running.window.getByRole('button', { name: 'Zoom to harbour.tif' }).waitFor();
      } finally {
        await running.close();
      }
    },
    300_000,
  );

  it('is no Node and takes no orders from the environment', () => {
    const mark = join(program.folder, 'mark');
    const script = join(program.folder, 'script.cjs');
    writeFileSync(script, `require('fs').writeFileSync(${JSON.stringify(mark)}, ''); process.exit(0);`);
    const run = (executable: string, args: string[], environment: Record<string, string>) =>
      // No display: the program itself ends at once.
      spawnSync(executable, args, {
        env: { PATH: process.env['PATH'], HOME: program.folder, ...environment },
        timeout: 20_000,
        encoding: 'utf8',
      });
    run(program.executable, [script], { ELECTRON_RUN_AS_NODE: '1' });
    run(program.executable, ['--no-sandbox'], { NODE_OPTIONS: `--require ${script}` });
    const { stderr } = run(program.executable, ['--no-sandbox', '--inspect=0'], {});
    expect(existsSync(mark)).toBe(false);
    // The runtime as it comes would have obeyed.
    run(electronPath ?? '', [script], { ELECTRON_RUN_AS_NODE: '1' });
    expect(existsSync(mark)).toBe(true);
    expect(stderr).not.toContain('Debugger listening');
  });
});
