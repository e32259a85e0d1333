import { expect, test } from 'vitest';
import { useApp } from './lib/use-app.ts';

const app = useApp();

test('the watch sees a page, and a worker of it, that ask another origin', async () => {
  const { origin } = new URL(app.url);
  const port = Number(new URL(app.url).port);
  const elsewhere = `http://localhost:${port === 65535 ? port - 1 : port + 1}/`;
  // A page of the same server without the application's policy, which would stop the request before it is made.
  await app.page.route(`${origin}/bare.html`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
  );
  await app.page.goto(`${origin}/bare.html`);
  const ask = async (url: string): Promise<void> => {
    await fetch(url, { mode: 'no-cors' }).catch(() => undefined);
  };
  await app.page.evaluate(ask, `${elsewhere}page`);
  await app.page.evaluate(async (url) => {
    const script = `fetch('${url}', { mode: 'no-cors' }).catch(() => 0).then(() => postMessage(0))`;
    const worker = new Worker(URL.createObjectURL(new Blob([script])));
    await new Promise((resolve) => worker.addEventListener('message', resolve));
    worker.terminate();
  }, `${elsewhere}worker`);
  await app.page.evaluate(ask, 'http://elsewhere.invalid/proxy');
  const foreign = new Set(app.watch.takeForeign());
  expect(foreign).toContain(`${elsewhere}page`);
  expect(foreign).toContain(`${elsewhere}worker`);
  expect(foreign).toContain('http://elsewhere.invalid/proxy');
});

test('the policy stops the application from asking another origin at all', async () => {
  await app.page.goto(app.url);
  const refused = await app.page.evaluate(async () => {
    const violation = new Promise<string>((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
    });
    await fetch('http://elsewhere.invalid/').catch(() => undefined);
    return violation;
  });
  expect(refused).toBe('connect-src');
  expect(app.watch.takeForeign()).toEqual([]);
  app.expectTroubles();
});
