import { readdir, readFile } from 'node:fs/promises';

/** The resources of a process. */
export interface ProcessUse {
  readonly residentBytes: number;
  /** The most that it has been. */
  readonly peakResidentBytes: number;
  /** Open file descriptors: sockets, pipes, files. */
  readonly handles: number;
}

/** Read from Linux (man 5 proc). Rejects on other systems and when the process has ended. */
export async function processUse(pid: number): Promise<ProcessUse> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  return {
    residentBytes: bytes('VmRSS'),
    peakResidentBytes: bytes('VmHWM'),
    handles: (await readdir(`/proc/${pid}/fd`)).length,
  };
}
