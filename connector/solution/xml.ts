/** An XML element with attributes, and with either text or child elements. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly content: string | readonly Element[];
}

export function element(
  name: string,
  content: Element['content'] = [],
  attributes: Element['attributes'] = {},
): Element {
  return { name, attributes, content };
}

/** The element that Dataverse writes for an empty value. */
export function nil(name: string): Element {
  return element(name, '', { 'xsi:nil': 'true' });
}

/** A document in UTF-8 without a byte order mark. The same elements give the same bytes. */
export function xmlDocument(root: Element): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n${rendered(root, '')}\n`;
}

function rendered({ name, attributes, content }: Element, indent: string): string {
  const shown = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const open = `${indent}<${name}${shown.join('')}`;
  if (typeof content === 'string') return `${open}>${escaped(content)}</${name}>`;
  if (content.length === 0) return `${open} />`;
  const inner = content.map((child) => rendered(child, `${indent}  `)).join('\n');
  return `${open}>\n${inner}\n${indent}</${name}>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
