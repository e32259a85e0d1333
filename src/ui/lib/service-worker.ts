/** How long a first picture waits for the service worker, so that the pack it fetches is kept for offline use, ms. */
const CONTROL_MS = 1500;

/** One address as the service worker counted it. */
export interface RequestCount {
  readonly url: string;
  readonly destination: string;
  readonly method: string;
  readonly count: number;
}

const counted = new Map<string, RequestCount>();
let inControlFromStart = false;

function isTold(
  data: unknown,
): data is { kind: 'request'; url: string; method: string; destination: string } {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === 'request';
}

function onMessage(event: MessageEvent<unknown>): void {
  if (!isTold(event.data)) return;
  const { url, method, destination } = event.data;
  const key = `${method} ${url}`;
  counted.set(key, { url, method, destination, count: (counted.get(key)?.count ?? 0) + 1 });
}

/** Registers the service worker of a built application; quietly does without where there is none. */
export async function registerServiceWorker(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  inControlFromStart = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('message', onMessage);
  navigator.serviceWorker.startMessages();
  try {
    await navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI), {
      updateViaCache: 'none',
    });
  } catch {
    // Not a secure context, or the browser forbids it: everything works, only not offline.
  }
}

/** Resolves when the page is under the service worker, or after a moment, or at once where none will come. */
export async function serviceWorkerInControl(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  if (navigator.serviceWorker.controller !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, CONTROL_MS);
    navigator.serviceWorker.addEventListener(
      'controllerchange',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** What the service worker has told since this page opened. */
export interface CountedRequests {
  readonly requests: readonly RequestCount[];
  /** Whether it was in control from the page's first moment, so that nothing is missing. */
  readonly fromStart: boolean;
}

/** Requests of this page and of its background threads, as the service worker saw them. */
export function countedRequests(): CountedRequests {
  return { requests: [...counted.values()], fromStart: inControlFromStart };
}
