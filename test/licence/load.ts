import autocannon from 'autocannon';

/** A request whose bytes are known before the clock runs. */
export interface PlannedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a service did with a number of requests. */
export interface Load {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Answers other than 2xx, and requests that got none. */
  readonly failed: number;
}

/** Sends each of the requests once, over some connections at the same time. */
export async function load(
  url: string,
  requests: readonly PlannedRequest[],
  connections: number,
): Promise<Load> {
  let given = 0;
  // Its own duration is in whole seconds: the time from the first request to the last answer is taken here.
  let startMs = 0;
  let endMs = 0;
  const result = await autocannon({
    url,
    connections,
    amount: requests.length,
    timeout: 30,
    setupClient: (client) => {
      client.on('response', () => {
        endMs = performance.now();
      });
    },
    // The first parameter is a request of autocannon's own, which every connection asks for anew.
    requests: [
      {
        setupRequest: (request) => {
          if (given === 0) startMs = performance.now();
          const next = requests[given++ % requests.length];
          if (next === undefined) return request;
          return { ...request, ...next, headers: { ...next.headers } };
        },
      },
    ],
  });
  const seconds = (endMs - startMs) / 1000;
  return {
    perSecond: requests.length / seconds,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
  };
}
