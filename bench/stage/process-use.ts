import { readdir, readFile } from 'node:fs/promises';

/** The resources of a process. */
export interface ProcessUse {
  readonly residentBytes: number;
  /** Open file descriptors: sockets, pipes, files. */
  readonly handles: number;
}

/** Read from Linux (man 5 proc). Rejects on other systems and when the process has ended. */
export async function processUse(pid: number): Promise<ProcessUse> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return { residentBytes: Number(kilobytes) * 1024, handles: (await readdir(`/proc/${pid}/fd`)).length };
}
