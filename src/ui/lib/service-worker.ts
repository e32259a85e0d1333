/** How long a first picture waits for the service worker, so that the pack it fetches is kept for offline use, ms. */
const CONTROL_MS = 1500;

/** One kind of request as the service worker counts it. */
export interface RequestCount {
  readonly url: string;
  readonly destination: string;
  readonly method: string;
  readonly count: number;
  readonly fromCache: number;
}

/** Message from the page to the service worker. */
export type ToServiceWorker = { readonly kind: 'requests' };

/** Registers the service worker of a built application; quietly does without where there is none. */
export async function registerServiceWorker(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
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
  if (!import.meta.env.PROD || !('serviceWorker' in navigator) || navigator.serviceWorker.controller !== null)
    return;
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

/** What the service worker has seen since this page opened; null where none is in control. */
export async function countedRequests(): Promise<readonly RequestCount[] | null> {
  const controller = 'serviceWorker' in navigator ? navigator.serviceWorker.controller : null;
  if (controller === null) return null;
  const channel = new MessageChannel();
  const answer = new Promise<readonly RequestCount[] | null>((resolve) => {
    const timer = setTimeout(() => resolve(null), CONTROL_MS);
    channel.port1.onmessage = (event: MessageEvent<readonly RequestCount[]>) => {
      clearTimeout(timer);
      resolve(event.data);
    };
  });
  const question: ToServiceWorker = { kind: 'requests' };
  controller.postMessage(question, [channel.port2]);
  try {
    return await answer;
  } finally {
    channel.port1.close();
  }
}
