/**
 * Makes a Debian package of the folder that electron-builder packed, with dpkg's own tool. electron-builder would download another one (fpm).
 *
 *   node resources/builder/make-deb.mjs [FOLDER [DEB]]
 *
 * FOLDER: default `out/packages/linux-unpacked`. DEB: default `out/packages/think2seg-desktop_VERSION_ARCHITECTURE.deb`.
 * T2S_MAINTAINER names the maintainer, T2S_DEB_COMPRESSION how it is compressed (xz, gzip or zstd).
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const name = 'think2seg-desktop';
const { version, description, productName } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch] ?? process.arch;
const packed = resolve(process.argv[2] ?? join(root, 'out/packages/linux-unpacked'));
const target = resolve(process.argv[3] ?? join(dirname(packed), `${name}_${version}_${architecture}.deb`));

/** What Electron loads of the system; either name of a library that was renamed for 64-bit times. */
const depends = [
  'libgtk-3-0 | libgtk-3-0t64',
  'libnss3',
  'libasound2 | libasound2t64',
  'libgbm1',
  'libxss1',
  'libnotify4',
  'libatspi2.0-0 | libatspi2.0-0t64',
];

if (!existsSync(join(packed, name))) {
  throw new Error(`${packed} holds no ${name}: run \`npm run package -- --linux dir\` first`);
}

const stage = mkdtempSync(join(tmpdir(), 'think2seg-deb-'));
try {
  cpSync(packed, join(stage, 'opt', name), { recursive: true, verbatimSymlinks: true });
  // Chromium's sandbox where the kernel gives users no namespaces.
  chmodSync(join(stage, 'opt', name, 'chrome-sandbox'), 0o4755);
  mkdirSync(join(stage, 'usr/bin'), { recursive: true });
  symlinkSync(`../../opt/${name}/${name}`, join(stage, 'usr/bin', name));
  write(`usr/share/applications/${name}.desktop`, desktopEntry());
  write(`usr/share/mime/packages/${name}.xml`, mimeTypes());
  write(`usr/share/doc/${name}/copyright`, readFileSync(join(root, 'LICENSE'), 'utf8'));
  for (const [folder, extension] of [
    ['icons/hicolor/scalable/apps', 'svg'],
    ['pixmaps', 'png'],
  ]) {
    mkdirSync(join(stage, 'usr/share', folder), { recursive: true });
    cpSync(join(root, `resources/icons/icon.${extension}`), join(stage, 'usr/share', folder, `${name}.${extension}`));
  }
  writeControl();
  const compression = process.env.T2S_DEB_COMPRESSION ?? 'xz';
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', `-Z${compression}`, stage, target], { stdio: 'inherit' });
} finally {
  rmSync(stage, { recursive: true });
}

function write(path, text) {
  mkdirSync(dirname(join(stage, path)), { recursive: true });
  writeFileSync(join(stage, path), text, { mode: 0o644 });
}

function desktopEntry() {
  return `[Desktop Entry]
Type=Application
Name=${productName}
Comment=${description}
Exec=/opt/${name}/${name} %F
Icon=${name}
Terminal=false
StartupWMClass=${productName}
Categories=Science;Geography;
MimeType=image/tiff;application/x-think2seg-project;application/geopackage+sqlite3;application/geo+json;application/x-esri-shape;
`;
}

/** image/tiff is known to every system; only projects are new. */
function mimeTypes() {
  return `<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-think2seg-project">
    <comment>Think2Seg project</comment>
    <sub-class-of type="application/json"/>
    <glob pattern="*.t2s"/>
  </mime-type>
</mime-info>
`;
}

/** Runs when all files are there: it counts them. The system's own triggers do the rest at installation. */
function writeControl() {
  const files = filesBelow(stage);
  const kibibytes = Math.ceil(files.reduce((sum, path) => sum + lstatSync(path).size, 0) / 1024);
  write(
    'DEBIAN/md5sums',
    files
      .filter((path) => lstatSync(path).isFile())
      .map((path) => `${createHash('md5').update(readFileSync(path)).digest('hex')}  ${relative(stage, path)}\n`)
      .join(''),
  );
  write(
    'DEBIAN/control',
    `Package: ${name}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${process.env.T2S_MAINTAINER ?? productName}
Installed-Size: ${kibibytes}
Depends: ${depends.join(', ')}
Section: science
Priority: optional
Description: Ask a georeferenced image a question, get polygons, offline
 ${description}
`,
  );
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}
