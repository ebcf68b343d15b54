import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { open, type Visit } from './visit.ts';

const FOLDER = 'docs/images';
/** Set it to renew the pictures of the README. */
const WRITES = process.env['WRITE_PICTURES'] === '1';

const pictures: readonly (readonly [name: string, height: number, hash: (visit: Visit) => string])[] = [
  ['overview', 1_170, () => '#/'],
  ['subscription', 1_012, ({ story }) => `#/subscriptions/${story.vip.id}`],
];

/** The pictures of the README: the story of this run. */
export function takePictures(visiting: () => Visit): void {
  test.each(
    (['light', 'dark'] as const).flatMap((scheme) =>
      pictures.map(([name, height, hash]) => ({ scheme, name, height, hash })),
    ),
  )('the README shows the $name in the $scheme scheme', async ({ scheme, name, height, hash }) => {
    const file = `${FOLDER}/${name}-${scheme}.png`;
    expect(await readFile('README.md', 'utf8')).toContain(file);
    const { browser } = visiting();
    await browser.show({ scheme, width: 1080, height });
    const page = await open(visiting(), hash(visiting()));
    const picture = await page.screenshot();
    await browser.show({ scheme: 'light' });
    await mkdir(FOLDER, { recursive: true });
    if (WRITES) await writeFile(file, picture);
    // A PNG is there; what it looks like is for people.
    expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG');
  });
}
