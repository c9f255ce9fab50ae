/** How the program becomes an installer. Run through `npm run package`. Everything that is secret or differs between machines is in the environment. */
const { existsSync, readFileSync, rmSync } = require('node:fs');
const { join } = require('node:path');

/** A runtime that lies here already, for machines without a network. */
const electronDist = process.env.ELECTRON_OVERRIDE_DIST_PATH;
const electronVersion =
  electronDist === undefined
    ? require('electron/package.json').version
    : readFileSync(join(electronDist, 'version'), 'utf8').replace(/^v/, '');

const signs = process.env.CSC_LINK !== undefined || process.env.WIN_CSC_LINK !== undefined;

/** Everything else that the program loads is bundled into `out`. */
const loadedPackages = ['onnxruntime-node', 'onnxruntime-common', 'gdal3.js', '@sqlite.org'];

/** Native libraries of other systems would make the program six times as large. */
const nativeLibraries = 'node_modules/onnxruntime-node/bin/napi-v6';

for (const path of ['out/main/main.cjs', 'out/notices/sbom.cdx.json', 'out/qgis/think2seg.zip']) {
  if (!existsSync(path)) {
    throw new Error(`${path} is missing: use npm run package, which makes it`);
  }
}

/** @type {import('electron-builder').Configuration} */
module.exports = {
  appId: 'org.think2seg.desktop',
  productName: 'Think2Seg Desktop',
  copyright: 'Apache-2.0',
  directories: { output: 'out/packages', buildResources: 'resources/icons' },
  electronVersion,
  ...(electronDist === undefined ? {} : { electronDist }),
  npmRebuild: false,
  publish: null,
  forceCodeSigning: signs,

  asar: true,
  files: [
    'package.json',
    'out/main/**',
    'out/preload/**',
    'out/renderer/**',
    '!out/**/*.map',
    'models/nano/**',
    'resources/probe/**',
    'resources/ray/**',
    'resources/sample/harbour.tif',
    'resources/icons/icon.png',
    `!node_modules/!(${loadedPackages.join('|')})/**`,
    `!${nativeLibraries}/!(\${platform})/**`,
    `!${nativeLibraries}/\${platform}/!(\${arch})/**`,
    '!node_modules/onnxruntime-node/{script,lib}/**',
    '!node_modules/onnxruntime-common/{lib,dist/esm,dist/ort*}/**',
    '!node_modules/gdal3.js/{src,node.js,dist/package/*.js}/**',
    '!node_modules/@sqlite.org/sqlite-wasm/dist/*.{js,mjs,mts}',
    '!node_modules/**/*.map',
  ],
  // Native code reads these by their path, and cannot look into the archive.
  asarUnpack: ['node_modules/onnxruntime-node/bin/**', 'models/nano/**', 'resources/**'],
  extraResources: [
    { from: 'LICENSE', to: 'licences/LICENSE' },
    { from: 'out/notices', to: 'licences' },
    { from: 'out/qgis', to: 'qgis' },
    { from: 'resources/slurm', to: 'slurm' },
    { from: 'resources/ray/requirements.txt', to: 'ray/requirements.txt' },
  ],

  // The program is no Node and takes no orders from the environment; it loads nothing but its own archive.
  afterPack: ({ appOutDir }) => {
    // Part of a runtime from elsewhere; the fuses keep it from being loaded.
    rmSync(join(appOutDir, 'resources', 'default_app.asar'), { force: true });
  },
  electronFuses: {
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    // Younger than the oldest Electron that is supported.
    ...(Number.parseInt(electronVersion, 10) >= 29 ? { grantFileProtocolExtraPrivileges: false } : {}),
  },

  // The older runtime of AppImages needs a libfuse2 that current systems lack, and starts the program without its sandbox.
  toolsets: { appimage: '1.0.3' },

  fileAssociations: [
    { ext: ['tif', 'tiff'], name: 'GeoTIFF raster', mimeType: 'image/tiff', role: 'Viewer' },
    { ext: 't2s', name: 'Think2Seg project', mimeType: 'application/x-think2seg-project', role: 'Editor' },
  ],

  win: {
    target: ['nsis', 'msi'],
    // Sites that allow signed code only check inner libraries too.
    signExts: ['.dll', '.node'],
  },
  nsis: {
    oneClick: false,
    perMachine: true,
    allowToChangeInstallationDirectory: true,
    deleteAppDataOnUninstall: false,
  },
  msi: { perMachine: true, oneClick: false },
  mac: {
    // onnxruntime-node has no library for Macs with Intel processors.
    target: [{ target: 'dmg', arch: ['arm64'] }],
    category: 'public.app-category.productivity',
    hardenedRuntime: true,
    ...(signs ? {} : { identity: null }),
    notarize: process.env.APPLE_TEAM_ID !== undefined,
  },
  linux: {
    // `npm run package:deb` makes the Debian package, with the system's own tool.
    target: ['AppImage', 'tar.gz'],
    executableName: 'think2seg-desktop',
    category: 'Science;Geography',
    synopsis: 'Ask a georeferenced image a question, get polygons, offline',
  },
};
