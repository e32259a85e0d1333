import { expect, test } from 'vitest';

test('the browser under test has a WebGPU adapter', async () => {
  const adapter = await navigator.gpu.requestAdapter();
  expect(adapter).not.toBeNull();
});

test('the page is cross-origin isolated, so that threads are tried', () => {
  expect(crossOriginIsolated).toBe(true);
});

test('the browser encodes H.264', async () => {
  const support = await VideoEncoder.isConfigSupported({
    codec: 'avc1.640028',
    width: 640,
    height: 480,
    bitrate: 2_000_000,
    framerate: 30,
  });
  expect(support.supported).toBe(true);
});
