// Writes what must travel with the program: the licence of every package that is really in it, and a CycloneDX bill of materials.
// Which packages those are is read from the source maps of the build, so nothing is forgotten and nothing is claimed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const target = join(root, 'out', 'notices');
/** Not bundled but shipped, and the runtime itself. */
const shipped = ['onnxruntime-node', 'onnxruntime-common', 'gdal3.js', 'electron'];

/** @param {string} folder @returns {string[]} */
function sourceMaps(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourceMaps(path) : path.endsWith('.map') ? [path] : [];
  });
}

/** Folders of packages below node_modules, nested ones among them: `ol/node_modules/geotiff`. */
function bundledPackages() {
  const folders = new Set();
  for (const map of ['main', 'renderer'].flatMap((part) => sourceMaps(join(root, 'out', part)))) {
    for (const source of JSON.parse(readFileSync(map, 'utf8')).sources) {
      const match = /node_modules\/((?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(source);
      if (match !== null) {
        folders.add(match[1]);
      }
    }
  }
  return [...folders];
}

/** @param {string} folder below node_modules */
function describe(folder) {
  const path = join(root, 'node_modules', folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const texts = readdirSync(path)
    .filter((file) => /^(licen[cs]e|notice|copying)/i.test(file))
    .map((file) => readFileSync(join(path, file), 'utf8').trim());
  const ours = join(root, 'resources', 'builder', 'licence-texts', `${name}.txt`);
  if (texts.length === 0 && existsSync(ours)) {
    texts.push(readFileSync(ours, 'utf8').trim());
  }
  if (texts.length === 0) {
    throw new Error(`${name} ${version} (${license}) brings no licence text; put one at ${ours}`);
  }
  return { name, version, license: license ?? 'see text', texts };
}

const packages = [...new Set([...shipped, ...bundledPackages()])].sort().map(describe);
mkdirSync(target, { recursive: true });
const rule = '='.repeat(100);
writeFileSync(
  join(target, 'THIRD_PARTY_LICENCES.txt'),
  packages
    .map(
      ({ name, version, license, texts }) =>
        `${rule}\n${name} ${version} (${license})\n${rule}\n\n${texts.join('\n\n')}\n`,
    )
    .join('\n'),
);

// npm knows checksums and relations; of its components those stay that are in the program.
const bill = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // In production npm leaves out what the build bundles: the window's libraries.
    env: { ...process.env, NODE_ENV: 'development' },
    shell: process.platform === 'win32',
  }),
);
const inProgram = new Set(packages.map(({ name, version }) => `${name}@${version}`));
bill.components = bill.components.filter((component) => {
  const name = component.group === undefined ? component.name : `${component.group}/${component.name}`;
  return inProgram.has(`${name}@${component.version}`);
});
const references = new Set([
  bill.metadata.component['bom-ref'],
  ...bill.components.map((component) => component['bom-ref']),
]);
bill.dependencies = bill.dependencies
  .filter(({ ref }) => references.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => references.has(other)) }));
writeFileSync(join(target, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);

if (bill.components.length !== inProgram.size) {
  const listed = new Set(
    bill.components.map(({ name, group, version }) => `${group === undefined ? name : `${group}/${name}`}@${version}`),
  );
  const missing = [...inProgram].filter((entry) => !listed.has(entry));
  throw new Error(`the bill of materials lacks ${missing.join(', ')}; expected every package that is in the program`);
}
process.stdout.write(`${packages.length} packages in the program\n`);
