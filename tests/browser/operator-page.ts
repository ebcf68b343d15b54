import { mkdir } from 'node:fs/promises';
import { expect } from '@jest/globals';
import type { Page } from 'playwright-core';

/** Set it to have pictures of every view, for people to look at. */
const PICTURES = process.env['LOOK_AT'];

/** Presses what asks first, confirms, and resolves with what it says that happened. */
export async function act(page: Page, button: string, confirm: string): Promise<string> {
  await page.getByRole('button', { name: button }).click();
  const dialog = page.locator('dialog.action');
  await dialog.getByRole('button', { name: confirm, exact: true }).click();
  await dialog.getByRole('button', { name: 'Close' }).waitFor();
  expect(await dialog.getByRole('heading').textContent()).not.toContain('?');
  const said = (await dialog.getByRole('status').textContent()) ?? '';
  await dialog.getByRole('button', { name: 'Close' }).click();
  return said;
}

/** Saves a picture of the page, if pictures are wanted. */
export async function savePicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

/** Names of cells, as a narrow page shows them, that no column has. */
export const CELLS_WITHOUT_HEAD = `[...document.querySelectorAll('table.cards')].flatMap((table) => {
  const heads = [...table.querySelectorAll('thead th')].map((head) => (head.querySelector('.unsorted') ?? head).textContent);
  return [...table.querySelectorAll('td[data-name]')].map((cell) => cell.dataset.name).filter((name) => !heads.includes(name));
})`;

/** How many pixels of the body as sent can be seen only by scrolling. */
export const HIDDEN_PART_OF_BODY = `(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(
  document.querySelector('pre[aria-label="Body as sent"]'),
)`;
