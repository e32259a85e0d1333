import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright';

/** Resident memory of a browser's processes. */
export interface BrowserMemory {
  /** All processes together, bytes; shared pages count once a process. */
  readonly totalBytes: number;
  /** Processes that run pages and their workers. */
  readonly rendererBytes: number;
  readonly gpuBytes: number;
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
  return Number(kilobytes) * 1024;
}

/**
 * What a browser holds now.
 *
 * @returns null where the system does not tell (anything but Linux).
 */
export async function browserMemory(browser: Browser): Promise<BrowserMemory | null> {
  if (process.platform !== 'linux') return null;
  const cdp = await browser.newBrowserCDPSession();
  try {
    const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
    const sizes = await Promise.all(
      processInfo.map(async ({ type, id }) => ({ type, bytes: await residentBytes(id) })),
    );
    const sum = (wanted: (type: string) => boolean): number =>
      sizes.filter(({ type }) => wanted(type)).reduce((total, { bytes }) => total + bytes, 0);
    return {
      totalBytes: sum(() => true),
      rendererBytes: sum((type) => type === 'renderer'),
      gpuBytes: sum((type) => type === 'GPU'),
    };
  } finally {
    await cdp.detach();
  }
}

/** Watches a browser's memory while something runs. */
export interface MemoryPeak {
  /** Ends the watch. @returns the largest total seen, bytes; null where the system does not tell. */
  stop(): Promise<number | null>;
}

/**
 * Samples every quarter of a second until stopped.
 * @param which of the sizes is watched.
 */
export function watchPeak(browser: Browser, which: keyof BrowserMemory = 'totalBytes'): MemoryPeak {
  let peak: number | null = null;
  let stopped = false;
  let wake: () => void = () => undefined;
  const sample = async (): Promise<void> => {
    const memory = await browserMemory(browser);
    if (memory !== null) peak = Math.max(peak ?? 0, memory[which]);
  };
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await sample();
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, 250);
      });
    }
  };
  const running = loop();
  return {
    async stop() {
      stopped = true;
      wake();
      await running;
      return peak;
    },
  };
}
