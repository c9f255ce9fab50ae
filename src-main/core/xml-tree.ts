/** An element of an XML document; `start` and `end` are where its text stands in the document. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, that of its children left out. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

interface OpenElement {
  name: string;
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  text: string;
  start: number;
}

const token =
  /(?<text>[^<]+)|<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[(?<raw>[^]*?)\]\]>|<\/(?<closed>[\w.:-]+)\s*>|<(?<opened>[A-Za-z_][\w.:-]*)(?<attributes>(?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<isEmpty>\/?)>/y;
const attribute = /([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const namedEntities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * The root element of a plain document: elements, attributes, text, comments. Null for what is not well formed, and for documents that
 * declare a type, with which text could stand for other text and for other files.
 */
export function parseXml(document: string): XmlElement | null {
  const open: OpenElement[] = [];
  let root: XmlElement | null = null;
  token.lastIndex = 0;
  for (let at = 0; at < document.length; at = token.lastIndex) {
    const groups = token.exec(document)?.groups;
    if (groups === undefined) {
      return null;
    }
    const current = open.at(-1);
    const text = groups['raw'] ?? (groups['text'] === undefined ? undefined : withoutEntities(groups['text']));
    if (text === null) {
      return null;
    }
    if (text !== undefined) {
      if (current !== undefined) {
        current.text += text;
      } else if (text.trim() !== '') {
        return null;
      }
      continue;
    }
    if (groups['opened'] !== undefined) {
      const attributes = attributesOf(groups['attributes'] ?? '');
      if (attributes === null || root !== null) {
        return null;
      }
      open.push({ name: groups['opened'], attributes, children: [], text: '', start: at });
    }
    if (groups['closed'] !== undefined || groups['isEmpty'] === '/') {
      const closed = open.pop();
      if (closed === undefined || (groups['closed'] ?? closed.name) !== closed.name) {
        return null;
      }
      const element = { ...closed, end: token.lastIndex };
      const parent = open.at(-1);
      if (parent === undefined) {
        root = element;
      } else {
        parent.children.push(element);
      }
    }
  }
  return open.length === 0 ? root : null;
}

function attributesOf(text: string): ReadonlyMap<string, string> | null {
  const attributes = new Map<string, string>();
  for (const [, name = '', doubleQuoted, singleQuoted = ''] of text.matchAll(attribute)) {
    const value = withoutEntities(doubleQuoted ?? singleQuoted);
    if (value === null || attributes.has(name)) {
      return null;
    }
    attributes.set(name, value);
  }
  return attributes;
}

/** Null when there is an entity that plain XML has not. */
function withoutEntities(text: string): string | null {
  const [first = '', ...parts] = text.split('&');
  const plain = [first];
  for (const part of parts) {
    const found = /^(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]+));/.exec(part);
    const [entity = '', decimal, hexadecimal, name] = found ?? [];
    const code = decimal ?? (hexadecimal === undefined ? undefined : `0x${hexadecimal}`);
    const character = code === undefined ? namedEntities[name ?? ''] : characterOf(Number(code));
    if (character === undefined) {
      return null;
    }
    plain.push(character, part.slice(entity.length));
  }
  return plain.join('');
}

function characterOf(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
