import { Think2SegError } from '../../contract/errors.ts';

/** One element of well-known text: `KEYWORD[value, value, ...]`. */
export interface WktNode {
  /** Upper case. */
  readonly keyword: string;
  /** Quoted strings and bare words as strings, numbers as numbers, in order. */
  readonly values: readonly (string | number)[];
  readonly children: readonly WktNode[];
}

const tokenPattern = /\s*(?:"((?:[^"]|"")*)"|([[\](),])|([^\s[\](),"]+))/gy;

/** Reads WKT 1 or 2. Throws CRS_UNSUPPORTED when brackets or quotes do not match. */
export function parseWkt(text: string): WktNode {
  const trimmed = text.trim();
  const tokens: { kind: 'text' | 'mark' | 'word'; value: string }[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < trimmed.length) {
    const match = tokenPattern.exec(trimmed);
    if (match === null) {
      throw unreadable(text);
    }
    const [, quoted, mark, word] = match;
    if (quoted !== undefined) {
      tokens.push({ kind: 'text', value: quoted.replace(/""/g, '"') });
    } else if (mark !== undefined) {
      tokens.push({ kind: 'mark', value: mark === '(' ? '[' : mark === ')' ? ']' : mark });
    } else {
      tokens.push({ kind: 'word', value: word ?? '' });
    }
  }

  let position = 0;
  const readNode = (): WktNode => {
    const keyword = tokens[position];
    if (keyword?.kind !== 'word' || tokens[position + 1]?.value !== '[') {
      throw unreadable(text);
    }
    position += 2;
    const values: (string | number)[] = [];
    const children: WktNode[] = [];
    for (;;) {
      const token = tokens[position];
      if (token === undefined) {
        throw unreadable(text);
      }
      if (token.kind === 'mark') {
        position += 1;
        if (token.value === ']') {
          return { keyword: keyword.value.toUpperCase(), values, children };
        }
      } else if (token.kind === 'word' && tokens[position + 1]?.value === '[') {
        children.push(readNode());
      } else {
        const number = Number(token.value);
        values.push(token.kind === 'word' && token.value !== '' && !Number.isNaN(number) ? number : token.value);
        position += 1;
      }
    }
  };
  const root = readNode();
  if (position !== tokens.length) {
    throw unreadable(text);
  }
  return root;
}

/** First child with one of these keywords. */
export function childOf(node: WktNode, ...keywords: readonly string[]): WktNode | undefined {
  return node.children.find(({ keyword }) => keywords.includes(keyword));
}

/** The EPSG code a node carries itself (`AUTHORITY` or `ID`), not one of its parts. */
export function epsgCodeOf(node: WktNode): number | undefined {
  const authority = childOf(node, 'AUTHORITY', 'ID');
  const code = Number(authority?.values[1]);
  return String(authority?.values[0]).toUpperCase() === 'EPSG' && Number.isInteger(code) ? code : undefined;
}

/** Writes a node back as WKT. Bare words, which only axes have in WKT 1, stay bare. */
export function writeWkt(node: WktNode): string {
  const bareWords = node.keyword === 'AXIS';
  const values = node.values.map((value, index) =>
    typeof value === 'number' || (bareWords && index > 0) ? String(value) : `"${value.replace(/"/g, '""')}"`,
  );
  return `${node.keyword}[${[...values, ...node.children.map(writeWkt)].join(',')}]`;
}

function unreadable(text: string): Think2SegError {
  const shown = text.length <= 80 ? text : `${text.slice(0, 77)}...`;
  return new Think2SegError(
    'CRS_UNSUPPORTED',
    `"${shown}" is not well-known text of a coordinate reference system; give an EPSG code or repair the file's definition`,
  );
}
