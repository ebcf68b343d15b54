import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * Lets a test decide when a handler goes on: it waits here until there is a file of this name in
 * the app's folder. A file, because a host that is stopping or killed can be asked for nothing.
 */
export async function passGate(name: string): Promise<void> {
  while (!existsSync(path.resolve(`${name}.gate`))) await new Promise((resolve) => setTimeout(resolve, 10));
}
