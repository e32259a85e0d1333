import { countedRequests } from './service-worker.ts';

/** One address that the application has asked for. */
export interface Requested {
  readonly url: string;
  /** `script`, `image`, `fetch`, … as the browser names it. */
  readonly kind: string;
  readonly count: number;
  /** Bytes over the network, where the page knows. */
  readonly sizeBytes: number | null;
  readonly fromCache: boolean;
  readonly ownOrigin: boolean;
  /** Whether the request could carry data away (anything but GET and HEAD). */
  readonly sends: boolean;
}

/** All that was requested since the page opened, and whether background threads are counted too. */
export interface RequestProof {
  readonly requests: readonly Requested[];
  readonly complete: boolean;
}

const LOCAL = /^(blob|data|about):/;

/** Gathers the page's own record (resource timing) and the service worker's. Addresses inside the page are left out. */
export function requestProof(): RequestProof {
  const byUrl = new Map<string, Requested>();
  const entries = [
    ...performance.getEntriesByType('navigation'),
    ...performance.getEntriesByType('resource'),
  ].filter((entry) => entry instanceof PerformanceResourceTiming);
  for (const entry of entries) {
    const url = entry.name;
    if (LOCAL.test(url)) continue;
    const known = byUrl.get(url);
    byUrl.set(url, {
      url,
      kind: entry.initiatorType,
      count: (known?.count ?? 0) + 1,
      sizeBytes: (known?.sizeBytes ?? 0) + entry.encodedBodySize,
      fromCache: entry.transferSize === 0,
      ownOrigin: new URL(url).origin === location.origin,
      sends: false,
    });
  }
  const counted = countedRequests();
  for (const { url, destination, method, count } of counted.requests) {
    const known = byUrl.get(url);
    byUrl.set(url, {
      url,
      kind: known?.kind ?? (destination === '' ? 'fetch' : destination),
      count: Math.max(count, known?.count ?? 0),
      sizeBytes: known?.sizeBytes ?? null,
      fromCache: known?.fromCache ?? false,
      ownOrigin: new URL(url).origin === location.origin,
      sends: (known?.sends ?? false) || !['GET', 'HEAD'].includes(method),
    });
  }
  return { requests: [...byUrl.values()], complete: counted.fromStart };
}
