/** Columns for attributes that came from files of others: under which names and as what a format holds them. */
import { extname } from 'node:path';
import { valueIn, type AttributeField, type AttributeValue } from '../../contract/attributes.ts';
import type { OutputFeature } from '../ports.ts';
import { attributesOf, ownColumnNames, type FeatureAttributes } from './attributes.ts';
import { uniqueName } from './unique-name.ts';

/** Of dBASE. */
const maxNameBytes = 10;
const maxTextBytes = 254;

export interface ForeignColumns {
  readonly fields: readonly AttributeField[];
  /** What the format cannot hold as it is, for people. */
  readonly notes: readonly string[];
}

export function columnsFor(
  path: string,
  fields: readonly AttributeField[],
  rows: readonly (readonly AttributeValue[])[],
): ForeignColumns {
  const extension = extname(path).toLowerCase();
  const namesOf = (type: AttributeField['type']): string =>
    fields.filter((field) => field.type === type).map(({ name }) => name).join(', '); // prettier-ignore
  if (extension === '.fgb') {
    const dates = namesOf('date');
    return { fields, notes: dates === '' ? [] : [`FlatGeobuf has no dates alone: ${dates} became date and time`] };
  }
  if (extension !== '.shp') {
    return { fields, notes: [] };
  }
  const written = dbaseFields(fields);
  const renamed = fields.flatMap(({ name }, index) => {
    const short = written[index]?.name ?? name;
    return short === name ? [] : [`${name} → ${short}`];
  });
  const times = namesOf('datetime');
  const truths = namesOf('boolean');
  const cut = fields.filter(
    ({ type }, column) => type === 'text' && rows.some((row) => isTooLong(valueIn(row, column))),
  );
  return {
    fields: written,
    notes: [
      ...(renamed.length === 0 ? [] : [`names in a Shapefile have 10 characters: ${renamed.join(', ')}`]),
      ...(times === '' ? [] : [`a Shapefile has no date with time: ${times} became text`]),
      ...(truths === '' ? [] : [`a Shapefile has no truth values for all programs: ${truths} became 1 and 0`]),
      ...(cut.length === 0 ? [] : [`texts in a Shapefile have 254 bytes: ${cut.map(({ name }) => name).join(', ')} was cut`]), // prettier-ignore
    ],
  };
}

/** Ours, then those of the file that the object came from. */
export function allAttributesOf(
  feature: OutputFeature,
  fields: readonly AttributeField[],
): FeatureAttributes & Readonly<Record<string, AttributeValue>> {
  const foreign = fields.map((field, column) => [field.name, writtenValue(field, valueIn(feature.attributes ?? [], column))] as const); // prettier-ignore
  return { ...attributesOf(feature), ...Object.fromEntries(foreign) };
}

/** The value as its column holds it: columns of several files can have met in one. */
function writtenValue({ type }: AttributeField, value: AttributeValue): AttributeValue {
  if (value === null) {
    return null;
  }
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'integer':
    case 'real':
      return typeof value === 'boolean' ? Number(value) : typeof value === 'number' ? value : null;
    case 'text':
    case 'date':
    case 'datetime':
      return String(value);
  }
}

function isTooLong(value: AttributeValue): boolean {
  return typeof value === 'string' && Buffer.byteLength(value) > maxTextBytes;
}

/** Short names, each once whatever the case of its letters, with types that dBASE has. */
function dbaseFields(fields: readonly AttributeField[]): AttributeField[] {
  // GDAL would make a name of ours unique by renaming one of the two.
  const used = new Set(ownColumnNames);
  // Names that fit keep theirs, wherever they stand.
  const fitting = new Set(fields.map(({ name }) => name.toLowerCase()).filter((name) => Buffer.byteLength(name) <= maxNameBytes)); // prettier-ignore
  return fields.map(({ name, type }) => {
    const isFitting = Buffer.byteLength(name) <= maxNameBytes && !used.has(name.toLowerCase());
    const short = isFitting ? name : uniqueName(name, new Set([...used, ...fitting]), maxNameBytes);
    used.add(short.toLowerCase());
    return { name: short, type: type === 'datetime' ? 'text' : type === 'boolean' ? 'integer' : type };
  });
}
