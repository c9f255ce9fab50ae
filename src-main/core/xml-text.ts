const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in XML and HTML, in elements and in quoted attributes. */
export function xmlText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** Text as GDAL writes it into an element: quotes stay. */
export function xmlContent(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities[character] ?? '');
}
