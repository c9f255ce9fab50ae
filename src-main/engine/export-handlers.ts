/** Routes that write what was accepted. */
import { exportMask, exportVector, type ExportPorts } from '../core/export-results.ts';
import { KnownDigests } from '../core/files/known-digests.ts';
import { rasterReader } from '../core/raster/open-raster.ts';
import { installation } from './installation.ts';
import type { Handlers } from './serve.ts';

export function createExportHandlers(): Pick<Handlers, 'export.vector' | 'export.mask'> {
  const digests = new KnownDigests();
  const ports: ExportPorts = {
    rasters: rasterReader,
    application: { name: 'think2seg', version: installation.version },
    digestFile: (path, signal) => digests.of(path, signal),
  };
  return {
    'export.vector': async (input, { signal, onProgress }) => {
      onProgress({ stage: 'writing' });
      return exportVector(ports, input, signal);
    },

    'export.mask': async (input, { signal, onProgress }) => {
      onProgress({ stage: 'writing' });
      return { files: await exportMask(ports, input, signal) };
    },
  };
}
