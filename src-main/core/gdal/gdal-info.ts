/** The parts of `gdalinfo -json` (GDAL 3.8) that are read here. NaN and infinities arrive as strings. */
export interface GdalInfo {
  readonly driverShortName: string;
  readonly driverLongName: string;
  /** The raster itself, and what else its pixels and place come from, by the names of the host. */
  readonly files: readonly string[];
  readonly size: readonly [width: number, height: number];
  readonly coordinateSystem?: { readonly wkt: string; readonly proj4?: string };
  /** GDAL order: c, a, b, f, d, e. */
  readonly geoTransform?: readonly [number, number, number, number, number, number];
  readonly gcps?: { readonly gcpList: readonly unknown[]; readonly coordinateSystem?: { readonly wkt: string } };
  readonly metadata: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly bands: readonly GdalBandInfo[];
  readonly stac?: { readonly 'proj:epsg'?: number | null };
}

export interface GdalBandInfo {
  readonly band: number;
  readonly block: readonly [width: number, height: number];
  /** `Byte`, `UInt16`, `Float32` ... */
  readonly type: string;
  readonly colorInterpretation: string;
  readonly description?: string;
  readonly noDataValue?: number | string;
  readonly offset?: number;
  readonly scale?: number;
  readonly overviews?: readonly { readonly size: readonly [width: number, height: number] }[];
  readonly mask?: { readonly flags: readonly string[] };
  readonly colorTable?: { readonly entries: readonly (readonly number[])[] };
  readonly metadata: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The parts of `ogrinfo -json` (GDAL 3.8) that are read here. */
export interface GdalVectorInfo {
  readonly driverShortName: string;
  readonly layers: readonly GdalVectorLayer[];
  readonly metadata: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface GdalVectorLayer {
  readonly name: string;
  readonly featureCount: number;
  readonly geometryFields: readonly {
    readonly type: string;
    readonly coordinateSystem?: { readonly wkt: string } | null;
  }[];
  readonly fields: readonly { readonly name: string; readonly type: string; readonly subType?: string }[];
}
