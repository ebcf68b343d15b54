import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { sized } from '../helpers/test-size.ts';

const MEGABYTE = 1024 * 1024;
const rowCount = sized({ small: 500_000, full: 1_500_000 });

/** A Customer Insights with one partition of 150 MB, at small size of 50 MB. */
async function startServer(): Promise<{ origin: string; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const { url = '' } = request;
    if (url.includes('/manage/')) {
      response.end(
        JSON.stringify({ name: 'Big', attributes: [{ name: 'Id', dataType: 'Edm.Int64' }, { name: 'Text' }] }),
      );
    } else if (url.includes('/data/')) {
      response.end(JSON.stringify({ httpRequests: [{ uri: `${origin}/big.csv` }] }));
    } else {
      let next = 0;
      const pour = (): void => {
        while (next < rowCount) {
          const piece = Array.from({ length: 1000 }, (_, index) => `${next + index},"${'x'.repeat(92)}"\n`).join('');
          next += 1000;
          if (!response.write(piece)) return;
        }
        response.end();
      };
      response.on('drain', pour);
      pour();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test(`the last rows of a partition of ${rowCount / 10_000} MB are read by a process with a heap of 32 MB, and not kept elsewhere either`, async () => {
  const server = await startServer();
  try {
    const reader = path.resolve('tests/insights/read-big-partition.ts');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--max-old-space-size=32', '--max-semi-space-size=2', reader, `${server.origin}/v1`, String(rowCount - 3)],
      { timeout: 110_000 },
    );
    const { rows, hasMore, maxRssBytes } = JSON.parse(stdout) as Record<string, unknown>;
    expect({ rows, hasMore }).toEqual({
      rows: [rowCount - 3, rowCount - 2, rowCount - 1].map((Id) => ({ Id, Text: 'x'.repeat(92) })),
      hasMore: false,
    });
    // The process takes 130 MB whatever the size of the partition.
    expect(maxRssBytes).toBeLessThan(220 * MEGABYTE);
  } finally {
    await server.stop();
  }
});
