/**
 * Replaces the files named on the command line through `withAtomicOutputs`; the rename with the number T2S_KILL_AT (from 0) does not
 * happen: the process kills itself instead, as a power cut or the system's memory killer would.
 */
import fs from 'node:fs';
import { withAtomicOutputs } from '../../src-main/core/files/atomic-write.ts';
import { withoutExtension } from '../../src-main/core/files/output-files.ts';

const rename = fs.renameSync.bind(fs);
let left = Number(process.env['T2S_KILL_AT']);
fs.renameSync = (from, to) => {
  if (left === 0) {
    process.kill(process.pid, 'SIGKILL');
  }
  left -= 1;
  rename(from, to);
};

const paths = process.argv.slice(2);
const obsolete = [`${withoutExtension(paths[0] ?? '')}.qix`];
void withAtomicOutputs(paths, { overwrite: true, obsolete }, async (temporaryPaths, files) => {
  for (const path of temporaryPaths) {
    await files.writeFile(path, 'new');
  }
});
