import { parseXml as parseDocument, XmlElement as ParsedElement, XmlError, XmlText } from '@rgrove/parse-xml';

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

/**
 * The root element of a plain document: elements, attributes, text, comments. Null for what is not well formed, and for documents that
 * declare a type, with which text could stand for other text and for other files.
 */
export function parseXml(document: string): XmlElement | null {
  try {
    const parsed = parseDocument(document, { includeOffsets: true, preserveDocumentType: true });
    const isTyped = parsed.children.some(({ type }) => type === 'doctype');
    return isTyped || parsed.root === null ? null : elementOf(parsed.root);
  } catch (thrown) {
    // Elements within elements deeper than the stack are no document that anybody writes.
    if (thrown instanceof XmlError || thrown instanceof RangeError) {
      return null;
    }
    throw thrown;
  }
}

function elementOf({ name, attributes, children, start, end }: ParsedElement): XmlElement {
  return {
    name,
    attributes: new Map(Object.entries(attributes)),
    children: children.filter((node) => node instanceof ParsedElement).map(elementOf),
    text: children
      .filter((node) => node instanceof XmlText)
      .map((node) => node.text)
      .join(''),
    start,
    end,
  };
}
