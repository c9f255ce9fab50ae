/** Every English word of the shell and the map, in one place. Panels keep theirs in `panels/panel-strings.ts`. */
export const strings = {
  appName: 'Think2Seg Desktop',
  history: {
    openRaster: 'Open raster',
    removeRaster: 'Remove raster',
    moveRaster: 'Move raster',
    showRaster: 'Show or hide raster',
    rasterOpacity: 'Raster opacity',
    rasterBands: 'Bands',
    rasterStretch: 'Stretch',
  },
  regions: {
    toolbar: 'Tools',
    layers: 'Layers',
    map: 'Map',
    side: 'Question and results',
    status: 'Status',
    notices: 'Messages',
  },
  toolbar: {
    open: 'Open raster…',
    undo: 'Undo',
    redo: 'Redo',
  },
  map: {
    label: 'Map. Arrow keys move it, plus and minus zoom.',
    unreadable: (path: string, reason: string) => `A part of ${path} cannot be read: ${reason}`,
  },
  empty: {
    title: 'Drop a raster here',
    text: 'GeoTIFF, JPEG 2000, PNG, VRT and everything else that GDAL reads. Nothing leaves this machine.',
    open: 'Open raster…',
    sample: 'Open the sample scene',
  },
  dismiss: 'Dismiss',
  rasterFiles: 'Rasters',
  allFiles: 'All files',
} as const;
