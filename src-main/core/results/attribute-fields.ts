/** Attributes of a layer of others: which are kept, as what, and under which names. */
import type { AttributeField, AttributeValue } from '../../contract/attributes.ts';
import { ownColumnNames } from '../export/attributes.ts';
import { uniqueName } from '../export/unique-name.ts';
import type { GdalVectorLayer } from '../gdal/gdal-info.ts';

type GdalField = GdalVectorLayer['fields'][number];

export interface KeptField extends AttributeField {
  /** In the file. */
  readonly sourceName: string;
}

export interface AttributePlan {
  readonly fields: readonly KeptField[];
  /** What is not kept as it is, for people. */
  readonly notes: readonly string[];
}

/** What every object has here, and what formats call their own columns. */
const takenNames = [...ownColumnNames, 'fid', 'geom', 'geometry', 'ogc_fid'];

const typesOfGdal: Readonly<Record<string, AttributeField['type']>> = {
  Integer: 'integer',
  Integer64: 'integer',
  Real: 'real',
  String: 'text',
  WideString: 'text',
  Date: 'date',
  DateTime: 'datetime',
  Time: 'text',
};

const kindsOfLists: Readonly<Record<string, string>> = {
  StringList: 'lists of texts',
  IntegerList: 'lists of numbers',
  Integer64List: 'lists of numbers',
  RealList: 'lists of numbers',
  Binary: 'bytes',
};

/** GDAL writes large whole numbers as texts with this, so that none of their digits is lost on the way. */
export const lossless = ['-mapFieldType', 'Integer64=String,Time=String'];

/** @param isOwn the layer is of a file of ours, where columns of our names are no foreign attributes. */
export function planAttributes(gdalFields: readonly GdalField[], isOwn: boolean): AttributePlan {
  const foreign = isOwn ? gdalFields.filter(({ name }) => !ownColumnNames.includes(name)) : gdalFields;
  const kept = foreign.filter(({ type }) => typesOfGdal[type] !== undefined);
  const used = new Set([...takenNames, ...kept.map(({ name }) => name.toLowerCase())]);
  const fields = kept.map(({ name, type, subType }): KeptField => {
    const isTaken = takenNames.includes(name.toLowerCase());
    const isTruth = subType === 'Boolean';
    const freeName = isTaken ? uniqueName(name, used) : name;
    used.add(freeName.toLowerCase());
    return {
      sourceName: name,
      name: freeName,
      type: isTruth ? 'boolean' : (typesOfGdal[type] ?? 'text'),
    };
  });
  const lost = foreign.filter(({ type }) => typesOfGdal[type] === undefined);
  const renamed = fields.filter(({ name, sourceName }) => name !== sourceName);
  return {
    fields,
    notes: [
      ...(lost.length === 0
        ? []
        : [`these attributes are not kept: ${lost.map(({ name, type }) => `${name} (${kindsOfLists[type] ?? type})`).join(', ')}`]), // prettier-ignore
      ...renamed.map(
        ({ name, sourceName }) => `attribute ${sourceName} is called ${name} here, because the name is taken`,
      ),
    ],
  };
}

/** @returns the fields again, with those as texts whose numbers have more digits than a number here can hold. */
export function widened(
  fields: readonly KeptField[],
  rows: readonly Readonly<Record<string, unknown>>[],
): { fields: readonly KeptField[]; notes: readonly string[] } {
  const isTooLong = (value: unknown): boolean => typeof value === 'string' && !Number.isSafeInteger(Number(value));
  const tooLong = new Set(
    fields
      .filter(({ type, sourceName }) => type === 'integer' && rows.some((row) => isTooLong(row[sourceName])))
      .map(({ name }) => name),
  );
  return {
    fields: fields.map((field) => (tooLong.has(field.name) ? { ...field, type: 'text' } : field)),
    notes: [...tooLong].map((name) => `attribute ${name} has whole numbers of more than 15 digits and is kept as text`),
  };
}

/** The values of one feature, in the order of the fields. */
export function valuesOf(fields: readonly KeptField[], row: Readonly<Record<string, unknown>>): AttributeValue[] {
  return fields.map(({ type, sourceName }) => {
    const value = row[sourceName];
    if (value === null || value === undefined) {
      return null;
    }
    switch (type) {
      case 'integer':
      case 'real':
        return Number(value);
      case 'boolean':
        return value === true || value === 1;
      case 'text':
      case 'date':
      case 'datetime':
        return typeof value === 'string' ? value : JSON.stringify(value);
    }
  });
}
