#!/usr/bin/env node
// Packs the QGIS plugin as a zip that QGIS installs from file. The same sources give the same bytes.
// Usage: node resources/qgis/build-zip.mjs [OUT.zip]
import { zipSync } from 'fflate';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const plugin = join(import.meta.dirname, 'think2seg');
const out = resolve(process.argv[2] ?? join(root, 'out/qgis/think2seg.zip'));

/** The first moment that a zip can hold; in local time, because zips know no time zone. */
const mtime = new Date(1980, 0, 1);

const fromPlugin = readdirSync(plugin)
  .filter((name) => /\.(py|qml|txt)$/.test(name))
  .map((name) => /** @type {const} */ ([name, join(plugin, name)]));
const files = [
  ...fromPlugin,
  /** @type {const} */ (['LICENSE', join(root, 'LICENSE')]),
  /** @type {const} */ (['icon.svg', join(root, 'resources/icons/icon.svg')]),
].sort(([a], [b]) => (a < b ? -1 : 1));

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const named = /^version=(.*)$/m.exec(readFileSync(join(plugin, 'metadata.txt'), 'utf8'))?.[1];
if (named !== version) {
  throw new Error(`resources/qgis/think2seg/metadata.txt has version ${named}, expected ${version} as in package.json`);
}

const entries = Object.fromEntries(files.map(([name, path]) => [`think2seg/${name}`, readFileSync(path)]));
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, zipSync(entries, { mtime, level: 9, os: 3, attrs: 0o100644 << 16 }));
process.stdout.write(`${out}\n`);
