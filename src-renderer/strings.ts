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
