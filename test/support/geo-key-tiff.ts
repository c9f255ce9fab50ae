/** GeoKeys by their names in the specification, with numbers, texts or arrays of numbers. */
export type GeoKeys = Readonly<Record<string, string | number | ArrayLike<number>>>;

/** GeoKey numbers that say a coordinate reference system (GeoTIFF 1.0 annex; the names of 1.1 are aliases). */
const keyNumbers: Readonly<Record<string, number>> = {
  GTModelTypeGeoKey: 1024,
  GTRasterTypeGeoKey: 1025,
  GTCitationGeoKey: 1026,
  GeographicTypeGeoKey: 2048,
  GeodeticCRSGeoKey: 2048,
  GeogCitationGeoKey: 2049,
  GeodeticCitationGeoKey: 2049,
  GeogGeodeticDatumGeoKey: 2050,
  GeodeticDatumGeoKey: 2050,
  GeogPrimeMeridianGeoKey: 2051,
  PrimeMeridianGeoKey: 2051,
  GeogLinearUnitsGeoKey: 2052,
  GeogLinearUnitSizeGeoKey: 2053,
  GeogAngularUnitsGeoKey: 2054,
  GeogAngularUnitSizeGeoKey: 2055,
  GeogEllipsoidGeoKey: 2056,
  EllipsoidGeoKey: 2056,
  GeogSemiMajorAxisGeoKey: 2057,
  EllipsoidSemiMajorAxisGeoKey: 2057,
  GeogSemiMinorAxisGeoKey: 2058,
  EllipsoidSemiMinorAxisGeoKey: 2058,
  GeogInvFlatteningGeoKey: 2059,
  EllipsoidInvFlatteningGeoKey: 2059,
  GeogAzimuthUnitsGeoKey: 2060,
  GeogPrimeMeridianLongGeoKey: 2061,
  PrimeMeridianLongitudeGeoKey: 2061,
  GeogTOWGS84GeoKey: 2062,
  ProjectedCSTypeGeoKey: 3072,
  ProjectedCRSGeoKey: 3072,
  PCSCitationGeoKey: 3073,
  ProjectedCitationGeoKey: 3073,
  ProjectionGeoKey: 3074,
  ProjCoordTransGeoKey: 3075,
  ProjMethodGeoKey: 3075,
  ProjLinearUnitsGeoKey: 3076,
  ProjLinearUnitSizeGeoKey: 3077,
  ProjStdParallel1GeoKey: 3078,
  ProjStdParallel2GeoKey: 3079,
  ProjNatOriginLongGeoKey: 3080,
  ProjNatOriginLatGeoKey: 3081,
  ProjFalseEastingGeoKey: 3082,
  ProjFalseNorthingGeoKey: 3083,
  ProjFalseOriginLongGeoKey: 3084,
  ProjFalseOriginLatGeoKey: 3085,
  ProjFalseOriginEastingGeoKey: 3086,
  ProjFalseOriginNorthingGeoKey: 3087,
  ProjCenterLongGeoKey: 3088,
  ProjCenterLatGeoKey: 3089,
  ProjCenterEastingGeoKey: 3090,
  ProjCenterNorthingGeoKey: 3091,
  ProjScaleAtNatOriginGeoKey: 3092,
  ProjScaleAtCenterGeoKey: 3093,
  ProjAzimuthAngleGeoKey: 3094,
  ProjStraightVertPoleLongGeoKey: 3095,
  ProjRectifiedGridAngleGeoKey: 3096,
};

/** Keys whose value is a code (an unsigned 16-bit number inside the directory); all other numbers are doubles. */
const codeKeys = new Set([1024, 1025, 2048, 2050, 2051, 2052, 2054, 2056, 2060, 3072, 3074, 3075, 3076]);

const doubleParamsTag = 34736;
const asciiParamsTag = 34737;

/** A one-pixel TIFF that carries these GeoKeys. */
export function tiffOfGeoKeys(keys: GeoKeys): Uint8Array {
  const entries: [key: number, location: number, count: number, value: number][] = [];
  const doubles: number[] = [];
  let ascii = '';
  for (const [name, value] of Object.entries(keys)) {
    const key = keyNumbers[name];
    if (key === undefined) {
      continue;
    }
    if (typeof value === 'string') {
      const text = `${value.replace(/\0+$/, '').replace(/\|$/, '')}|`;
      entries.push([key, asciiParamsTag, Buffer.byteLength(text, 'utf8'), Buffer.byteLength(ascii, 'utf8')]);
      ascii += text;
    } else if (codeKeys.has(key)) {
      entries.push([key, 0, 1, typeof value === 'number' ? value : 0]);
    } else {
      const numbers = typeof value === 'number' ? [value] : Array.from(value);
      entries.push([key, doubleParamsTag, numbers.length, doubles.length]);
      doubles.push(...numbers);
    }
  }
  entries.sort(([left], [right]) => left - right);
  return onePixelTiff([1, 1, 0, entries.length, ...entries.flat()], doubles, ascii);
}

function onePixelTiff(directory: readonly number[], doubles: readonly number[], ascii: string): Uint8Array {
  const text = Buffer.from(`${ascii}\0`, 'utf8');
  const tags: [tag: number, type: number, count: number, value: number | Buffer][] = [
    [256, 3, 1, 1],
    [257, 3, 1, 1],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 8],
    [277, 3, 1, 1],
    [278, 3, 1, 1],
    [279, 4, 1, 1],
    // Without a place on the map, GDAL would still tell the CRS; scale and tie point make it an ordinary file.
    [33550, 12, 3, doublesBuffer([1, 1, 0])],
    [33922, 12, 6, doublesBuffer([0, 0, 0, 0, 0, 0])],
    [34735, 3, directory.length, shortsBuffer(directory)],
    [doubleParamsTag, 12, Math.max(1, doubles.length), doublesBuffer(doubles.length === 0 ? [0] : doubles)],
    [asciiParamsTag, 2, text.length, text],
  ];
  // Header, the pixel (padded to a word), the directory, then what does not fit into it.
  const directoryOffset = 12;
  const tables: Buffer[] = [];
  let tableOffset = directoryOffset + 2 + tags.length * 12 + 4;
  const ifd = Buffer.alloc(2 + tags.length * 12 + 4);
  ifd.writeUInt16LE(tags.length, 0);
  tags.forEach(([tag, type, count, value], index) => {
    const at = 2 + index * 12;
    ifd.writeUInt16LE(tag, at);
    ifd.writeUInt16LE(type, at + 2);
    ifd.writeUInt32LE(count, at + 4);
    if (typeof value === 'number') {
      ifd.writeUInt32LE(value, at + 8);
    } else if (value.length <= 4) {
      value.copy(ifd, at + 8);
    } else {
      ifd.writeUInt32LE(tableOffset, at + 8);
      const padded = Buffer.concat([value, Buffer.alloc(value.length % 2)]);
      tables.push(padded);
      tableOffset += padded.length;
    }
  });
  const header = Buffer.alloc(directoryOffset);
  header.write('II');
  header.writeUInt16LE(42, 2);
  header.writeUInt32LE(directoryOffset, 4);
  return Buffer.concat([header, ifd, ...tables]);
}

function doublesBuffer(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 8);
  values.forEach((value, index) => buffer.writeDoubleLE(value, index * 8));
  return buffer;
}

function shortsBuffer(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => buffer.writeUInt16LE(value, index * 2));
  return buffer;
}
