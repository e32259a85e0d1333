// The product's own worker, with its graphics devices within reach, so that a test can take them away.
const devices = new Set<GPUDevice>();
const { prototype } = GPUAdapter;
prototype.requestDevice = new Proxy(Reflect.get(prototype, 'requestDevice'), {
  async apply(request, adapter: GPUAdapter, [descriptor]: Parameters<GPUAdapter['requestDevice']>) {
    const device = await request.call(adapter, descriptor);
    devices.add(device);
    return device;
  },
});
new BroadcastChannel('lose-devices').onmessage = () => {
  for (const device of devices) device.destroy();
  devices.clear();
};

// What was sent before the worker listens is kept until it does.
const early: MessageEvent<unknown>[] = [];
const keep = (event: MessageEvent<unknown>): void => void early.push(event);
self.addEventListener('message', keep);
await import('../../../workers/render.worker.ts');
self.removeEventListener('message', keep);
for (const { data, ports } of early) {
  self.dispatchEvent(new MessageEvent('message', { data, ports: [...ports] }));
}

export {};
