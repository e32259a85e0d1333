import { serve } from '@hono/node-server';
import { Hono } from 'hono';

// What hono alone does on this machine: the yardstick beside the licence service.
const app = new Hono().get('/', (c) => c.json({ ok: true }));
serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: '127.0.0.1' }, () => {
  process.stdout.write('listening\n');
});
