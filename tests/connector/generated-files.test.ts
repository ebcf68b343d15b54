import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { connectorOf, generatedFiles } from '../../connector/generated-files.ts';
import { BRAND_COLOR } from '../../connector/brand-color.ts';
import { decodePng } from '../../connector/lint/decode-png.ts';
import { breaksIn, recordedWith, stabilityOf, type Stability } from '../../connector/stability.ts';
import { breaking, damaged } from './planted.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const connector = connectorOf(version);
const recorded = JSON.parse(readFileSync('connector/stability.json', 'utf8')) as Stability;
const files = generatedFiles(connector, recorded);

describe('the committed files', () => {
  test.each(files.map((file) => [file.name, file] as const))('%s is what the sources make', (name, { isSame }) => {
    expect(isSame(readFileSync(`connector/${name}`))).toBe(true);
  });

  test('are made alike every time', () => {
    const again = generatedFiles(connectorOf(version), recorded);
    expect(again.map(({ content }, at) => files[at]?.content.equals(content))).toEqual(files.map(() => true));
  });

  test('are distinguished from others', () => {
    for (const { content, isSame, name } of files) {
      expect({ name, same: isSame(Buffer.concat([content, Buffer.from(' ')])) }).toEqual({ name, same: false });
    }
  });

  test('say nothing of a machine', () => {
    for (const { content } of files) expect(content.toString('latin1')).not.toMatch(/localhost|127\.0\.0\.1|\/home\//);
  });
});

describe('flows that are in use', () => {
  test('are not broken by this definition', () => {
    expect(breaksIn(recorded, stabilityOf(connector.definition))).toEqual([]);
    expect(Object.keys(recorded)).toEqual(Object.keys(stabilityOf(connector.definition)));
  });

  test.each(breaking)('are broken by %s', (_, change, sentence) => {
    const after = stabilityOf(damaged(connector, change).definition);
    expect(breaksIn(recorded, after)).toEqual([sentence]);
    expect(recordedWith(recorded, after)).toMatchObject(recorded);
  });

  test('are not broken by an operation that is new, which is recorded', () => {
    const { ListInstances, ...before } = recorded;
    const current = stabilityOf(connector.definition);
    expect(breaksIn(before, current)).toEqual([]);
    expect(recordedWith(before, current)).toEqual({ ...before, ListInstances });
  });
});

describe('the icon', () => {
  const { icon } = connector;

  test('has a mark on the brand colour that can be seen', () => {
    const colors = new Map<string, number>();
    for (let at = 0; at < icon.rgb.length; at += 3) {
      const color = `#${icon.rgb.toString('hex', at, at + 3)}`;
      colors.set(color, (colors.get(color) ?? 0) + 1);
    }
    const [first, second] = [...colors].sort(([, one], [, other]) => other - one);
    expect(first?.[0]).toBe(BRAND_COLOR);
    expect(second).toEqual(['#ffffff', expect.any(Number)]);
    expect(second?.[1]).toBeGreaterThan(2000);
  });

  test('is not read from a file that is no PNG of this kind', () => {
    const png = readFileSync('connector/icon.png');
    expect(decodePng(png)).toMatchObject({ width: 230, height: 230 });
    expect(decodePng(Buffer.from('GIF89a'))).toBeUndefined();
    const withAlpha = Buffer.from(png);
    withAlpha[25] = 6;
    expect(decodePng(withAlpha)).toBeUndefined();
  });
});
