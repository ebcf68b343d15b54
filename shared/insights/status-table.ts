import { shownNumber } from '../shown-number.ts';
import type { StatusRow } from './status-report.ts';

/** Maximum number of rows. Mail programs cut longer tables. The JSON response contains all rows. */
const MAX_ROWS = 200;

/**
 * Makes an HTML table of the rows for an email. Styles are inline, because mail programs support no
 * others. All text is escaped.
 */
export function statusTable(title: string, rows: readonly StatusRow[]): string {
  const head = ['Name', 'Status', 'When', 'Value', 'Error'].map((text) => cell('th', text)).join('');
  const body = rows
    .slice(0, MAX_ROWS)
    .map(({ name, state, at, value, error = '' }) => {
      const when = at === undefined ? '' : `${at.slice(0, 16).replace('T', ' ')} UTC`;
      const shown = value === undefined ? '' : shownNumber(value);
      const cells = [name, state, when, shown, error].map((text) => cell('td', text));
      return `<tr>${cells.join('')}</tr>`;
    })
    .join('');
  const rest = rows.length - MAX_ROWS;
  const table = `<table style="border-collapse:collapse"><caption>${escaped(title)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return rest > 0 ? `${table}<p>and ${rest} more</p>` : table;
}

function cell(tag: 'th' | 'td', text: string): string {
  return `<${tag} style="border:1px solid #999;padding:2px 8px;text-align:left">${escaped(text)}</${tag}>`;
}

/**
 * Escapes the characters that end a text or a quoted attribute in HTML (html.spec.whatwg.org,
 * "Escaping a string"), and the apostrophe.
 */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
