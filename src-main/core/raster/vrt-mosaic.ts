import { readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, parse, resolve } from 'node:path';
import type { SampleType } from '../../contract/scene.ts';
import { parseXml, type XmlElement } from '../xml-tree.ts';
import { sampleTypeByGdalName } from './gdal-level.ts';

/** A rectangle whose edges may fall inside pixels. */
export interface MosaicRectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One band of one file that a band of a mosaic is laid out with. */
export interface MosaicSource {
  readonly path: string;
  /** 1-based. */
  readonly band: number;
  /** The mask of the band is laid out, not its samples. */
  readonly isMask: boolean;
  /** In pixels of the file, and where that lies in pixels of the mosaic. Null: pixel by pixel from the first one on. */
  readonly place: { readonly source: MosaicRectangle; readonly mosaic: MosaicRectangle } | null;
  /** Samples of this value are not laid out. */
  readonly nodata: number | null;
  /** Samples that the file itself calls invalid are not laid out. */
  readonly usesMask: boolean;
  /** Laid out instead of samples: nothing is read. */
  readonly constant: number | null;
  /** Sources of different bands with the same text differ in `band` alone: they are read together. */
  readonly together: string;
}

export interface MosaicBand {
  readonly type: SampleType;
  /** Where no source lies. */
  readonly background: number;
  /** Later ones lie over earlier ones. */
  readonly sources: readonly MosaicSource[];
}

/** A plain VRT as gdalbuildvrt writes it: files side by side and over each other, their samples as they are. */
export interface VrtMosaic {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly MosaicBand[];
  readonly mask: MosaicBand | null;
  /** Decimations at which the VRT says that it has overviews. */
  readonly overviewFactors: readonly number[];
  /** The VRT without its sources: what it says of place, CRS, nodata and colours. */
  readonly withoutSources: string;
}

/** Why a VRT is none that our own reader reads. */
class NotPlain extends Error {}

const datasetParts = new Set([
  'SRS',
  'GeoTransform',
  'GCPList',
  'Metadata',
  'VRTRasterBand',
  'MaskBand',
  'OverviewList',
  'BlockXSize',
  'BlockYSize',
]);
const bandParts = new Set([
  'Description',
  'NoDataValue',
  'HideNoDataValue',
  'ColorInterp',
  'ColorTable',
  'Metadata',
  'UnitType',
  'Offset',
  'Scale',
  'CategoryNames',
  'Histograms',
  'SimpleSource',
  'ComplexSource',
]);
const simpleParts = ['SourceFilename', 'SourceBand', 'SourceProperties', 'SrcRect', 'DstRect'];
const sourceParts: Readonly<Record<string, ReadonlySet<string>>> = {
  SimpleSource: new Set(simpleParts),
  ComplexSource: new Set([...simpleParts, 'NODATA', 'UseMaskBand', 'ScaleOffset', 'ScaleRatio']),
};

/**
 * The mosaic that the VRT at `path` with this text describes, or why our own reader leaves it to GDAL: what computes (derived, warped,
 * pansharpened bands, lookup tables, filters), what is no file of the host, and whatever is not known here.
 */
export function readVrtMosaic(text: string, path: string): VrtMosaic | string {
  try {
    const document = text.replace(/^\uFEFF/u, '');
    const root = parseXml(document);
    if (root?.name !== 'VRTDataset') {
      throw new NotPlain('not a TIFF');
    }
    return mosaicOf(root, document, folderOf(path));
  } catch (thrown) {
    if (thrown instanceof NotPlain) {
      return thrown.message;
    }
    throw thrown;
  }
}

function mosaicOf(root: XmlElement, text: string, folder: string): VrtMosaic {
  checkParts(root, datasetParts);
  checkSubclass(root);
  const bands = childrenOf(root, 'VRTRasterBand').map((band, index) => {
    if (Number(band.attributes.get('band') ?? index + 1) !== index + 1) {
      throw new NotPlain('a VRT whose bands are not in order');
    }
    return bandOf(band, folder);
  });
  const masks = childrenOf(root, 'MaskBand').flatMap((mask) => childrenOf(mask, 'VRTRasterBand'));
  const overviews = onlyChild(root, 'OverviewList');
  if (masks.length > 1 || bands.length === 0) {
    throw new NotPlain(`a VRT of ${bands.length} bands and ${masks.length} masks`);
  }
  checkResampling(overviews);
  const removed = [
    ...childrenOf(root, 'OverviewList'),
    ...[...childrenOf(root, 'VRTRasterBand'), ...masks].flatMap(({ children }) => children.filter(isSource)),
  ];
  return {
    width: sizeOf(root, 'rasterXSize'),
    height: sizeOf(root, 'rasterYSize'),
    bands,
    mask: masks[0] === undefined ? null : bandOf(masks[0], folder),
    overviewFactors: (overviews?.text.trim().split(/[\s,]+/) ?? []).map(factorOf),
    withoutSources: without(text, removed),
  };
}

function bandOf(element: XmlElement, folder: string): MosaicBand {
  checkParts(element, bandParts);
  checkSubclass(element, 'VRTSourcedRasterBand');
  const typeName = element.attributes.get('dataType') ?? 'Byte';
  const type = sampleTypeByGdalName[typeName];
  if (type === undefined) {
    throw new NotPlain(`a VRT with samples of type ${typeName}`);
  }
  const nodata = onlyChild(element, 'NoDataValue');
  return {
    type,
    background: nodata === null ? 0 : numberOf(nodata.text),
    sources: element.children.filter(isSource).map((source) => sourceOf(source, folder)),
  };
}

function sourceOf(element: XmlElement, folder: string): MosaicSource {
  checkParts(element, sourceParts[element.name]!);
  checkResampling(element);
  const found = /^\s*(?:(\d+)|(mask)(?:,(\d+))?)\s*$/.exec(onlyChild(element, 'SourceBand')?.text ?? '1');
  const [, number, mask, maskedNumber] = found ?? [];
  const band = Number(number ?? maskedNumber ?? 1);
  if (found === null || band < 1) {
    throw new NotPlain('a VRT with bands of another kind than numbers');
  }
  const nodata = onlyChild(element, 'NODATA');
  const shared = {
    path: pathOf(onlyChild(element, 'SourceFilename'), folder),
    isMask: mask !== undefined,
    place: placeOf(onlyChild(element, 'SrcRect'), onlyChild(element, 'DstRect')),
    nodata: nodata === null ? null : numberOf(nodata.text),
    usesMask: isTrue(onlyChild(element, 'UseMaskBand')),
  };
  const constant = constantOf(element, shared);
  return { ...shared, band, constant, together: JSON.stringify([shared, constant, String(shared.nodata)]) };
}

/** Scaling by 0 is how `gdalbuildvrt -addalpha` says that all is opaque. */
function constantOf(
  element: XmlElement,
  { nodata, usesMask }: { nodata: number | null; usesMask: boolean },
): number | null {
  const scaleText = onlyChild(element, 'ScaleRatio')?.text;
  const offsetText = onlyChild(element, 'ScaleOffset')?.text;
  const scale = scaleText === undefined ? 1 : numberOf(scaleText);
  const offset = offsetText === undefined ? 0 : numberOf(offsetText);
  if (scale === 1 && offset === 0) {
    return null;
  }
  if (scale !== 0 || nodata !== null || usesMask) {
    throw new NotPlain('a VRT that scales samples');
  }
  return offset;
}

/**
 * Files of the host only, from the same drive or share as the VRT. What else a name can mean to GDAL (archives, parts of files, paths
 * against a working directory) is left to it, which sees nothing but such files and no network.
 */
function pathOf(element: XmlElement | null, folder: string): string {
  const name = element?.text ?? '';
  const attributes = [...(element?.attributes.keys() ?? [])];
  const isRelative = element?.attributes.get('relativeToVRT') === '1';
  const isFile = !/^\/vsi|^\s*<|^[A-Za-z][\w+.-]+:/.test(name) && name !== '' && !name.includes('\0');
  if (!isFile || attributes.some((attribute) => !['relativeToVRT', 'shared'].includes(attribute))) {
    throw new NotPlain('a VRT whose sources are no plain files');
  }
  if (!isRelative && !isAbsolute(name)) {
    throw new NotPlain('a VRT whose sources lie against a working directory');
  }
  const path = isAbsolute(name) ? resolve(name) : join(folder, name);
  if (parse(path).root.toLowerCase() !== parse(folder).root.toLowerCase()) {
    throw new NotPlain('a VRT whose sources lie on another drive');
  }
  return path;
}

function placeOf(source: XmlElement | null, mosaic: XmlElement | null): MosaicSource['place'] {
  if (source === null && mosaic === null) {
    return null;
  }
  if (source === null || mosaic === null) {
    throw new NotPlain('a VRT that says half of where a source lies');
  }
  return { source: rectangleOf(source), mosaic: rectangleOf(mosaic) };
}

function rectangleOf({ attributes }: XmlElement): MosaicRectangle {
  const [x, y, width, height] = ['xOff', 'yOff', 'xSize', 'ySize'].map((name) => numberOf(attributes.get(name) ?? ''));
  if (!(width! > 0 && height! > 0 && [x, y, width, height].every(Number.isFinite))) {
    throw new NotPlain('a VRT with a source of no size');
  }
  return { x: x!, y: y!, width: width!, height: height! };
}

/** Sources with relative names lie beside the VRT itself, not beside a link to it. */
function folderOf(path: string): string {
  let file = resolve(path);
  for (;;) {
    try {
      file = resolve(dirname(file), readlinkSync(file));
    } catch {
      return dirname(file);
    }
  }
}

function checkParts({ name, children }: XmlElement, known: ReadonlySet<string>): void {
  const other = children.find((child) => !known.has(child.name));
  if (other !== undefined) {
    throw new NotPlain(`a VRT with ${other.name} in ${name}`);
  }
}

function checkSubclass({ attributes }: XmlElement, plain?: string): void {
  const subclass = attributes.get('subClass');
  if (subclass !== undefined && subclass !== plain) {
    throw new NotPlain(`a VRT with ${subclass}`);
  }
}

function checkResampling(element: XmlElement | null): void {
  const resampling = element?.attributes.get('resampling') ?? 'nearest';
  if (!/^near(?:est)?$/i.test(resampling)) {
    throw new NotPlain(`a VRT with ${resampling} resampling`);
  }
}

function sizeOf({ attributes }: XmlElement, name: string): number {
  const size = numberOf(attributes.get(name) ?? '');
  if (!Number.isInteger(size) || size < 1) {
    throw new NotPlain('a VRT of no size');
  }
  return size;
}

function factorOf(text: string): number {
  const factor = numberOf(text);
  if (!Number.isInteger(factor) || factor < 2) {
    throw new NotPlain('a VRT with an overview of no factor');
  }
  return factor;
}

function numberOf(text: string): number {
  const word = text.trim().toLowerCase();
  const special: Readonly<Record<string, number>> = { nan: NaN, '-nan': NaN, inf: Infinity, '-inf': -Infinity };
  const value = special[word] ?? Number(word);
  if (word === '' || (Number.isNaN(value) && special[word] === undefined)) {
    throw new NotPlain('a VRT with a number that is none');
  }
  return value;
}

function isTrue(element: XmlElement | null): boolean {
  return element !== null && !/^\s*(?:no|false|off|0)\s*$/i.test(element.text);
}

function isSource({ name }: XmlElement): boolean {
  return sourceParts[name] !== undefined;
}

function childrenOf({ children }: XmlElement, name: string): XmlElement[] {
  return children.filter((child) => child.name === name);
}

function onlyChild(element: XmlElement, name: string): XmlElement | null {
  const [first = null, ...others] = childrenOf(element, name);
  if (others.length > 0) {
    throw new NotPlain(`a VRT with more than one ${name} in ${element.name}`);
  }
  return first;
}

/** The text without the elements, wherever they stand. */
function without(text: string, elements: readonly XmlElement[]): string {
  const kept: string[] = [];
  let at = 0;
  for (const { start, end } of [...elements].sort((left, right) => left.start - right.start)) {
    kept.push(text.slice(at, start));
    at = end;
  }
  return [...kept, text.slice(at)].join('');
}
