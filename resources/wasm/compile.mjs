// Compiles the WebAssembly of the sources: each NAME.wat becomes NAME.wasm.ts beside it, which every build and test then takes as it is.
// With --check nothing is written; it fails where a module is not what its text says.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import wabtModule from 'wabt';

const sources = join(dirname(fileURLToPath(import.meta.url)), '../../src-main');
const isCheck = process.argv.includes('--check');
const wabt = await wabtModule();

for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.wat'),
)) {
  const module = wabt.parseWat(name, readFileSync(join(sources, name), 'utf8'), { simd: true });
  module.resolveNames();
  module.validate();
  const bytes = Buffer.from(module.toBinary({}).buffer);
  module.destroy();
  const target = join(sources, name.replace(/\.wat$/, '.wasm.ts'));
  const text =
    `/** \`${name.split(/[/\\]/).at(-1)}\`, compiled by \`npm run wasm\`. */\n` +
    `export const wasmBase64 =\n  '${bytes.toString('base64')}';\n`;
  if (!isCheck) {
    writeFileSync(target, text);
  } else if (readFileSync(target, 'utf8') !== text) {
    process.stderr.write(`${target} differs from what ${name} compiles to; run \`npm run wasm\`\n`);
    process.exitCode = 1;
  }
}
