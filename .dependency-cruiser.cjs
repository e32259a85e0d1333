const TESTS = '(\\.test|/test-[a-z-]+)\\.ts$';
/** Files of a room, without the tests and their helpers that may sit beside them. */
const room = (path) => ({ path, pathNot: TESTS });
/** The room may import itself, the given places, and nothing else. */
const only = (name, from, comment, allowed) => ({
  name,
  severity: 'error',
  comment,
  from: room(from),
  to: { pathNot: [from, ...allowed] },
});
const npm = (...names) => names.map((name) => `node_modules/${name}/`);

/** The rooms of the architecture and what each may import. */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'A cycle means that two modules are one, or that a third is missing.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      comment: 'An import that resolves to nothing.',
      from: {},
      to: { couldNotResolve: true, pathNot: '\\?(raw|url|worker)' },
    },
    {
      name: 'no-dev-dependency-in-product',
      severity: 'error',
      comment: 'What ships may only use dependencies.',
      from: room('^(src|workers)/'),
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        pathNot: 'node_modules/@webgpu/types/',
      },
    },
    only('contracts', '^src/contracts/', 'Contracts import the schema library alone.', npm('valibot')),
    only('core', '^src/core/', 'Core is pure: contracts, and hashing.', [
      '^src/contracts/',
      ...npm('valibot', '@noble/hashes'),
    ]),
    only('platform', '^src/platform/', 'Platform imports contracts, core and engines from outside.', [
      '^src/contracts/',
      '^src/core/',
      'node_modules/',
    ]),
    only('workers', '^workers/', 'Workers join contracts, core and platform.', [
      '^src/contracts/',
      '^src/core/',
      '^src/platform/',
      '^package\\.json$',
      ...npm('comlink'),
    ]),
    only('app', '^src/app/', 'The application reaches engines through workers, by their address only.', [
      '^src/contracts/',
      '^src/core/',
      '^src/platform/(licence|store|thread)/',
      ...npm('comlink', 'valibot'),
    ]),
    only('ui', '^src/(ui|elements)/', 'What is seen knows the application, not the engines.', [
      '^src/(ui|elements|app|contracts)/',
      ...npm('lit', 'lit-html', 'lit-element', '@lit/reactive-element'),
    ]),
    only('license-api', '^license-api/', 'The licence service knows contracts, core and its own libraries.', [
      '^src/contracts/',
      '^src/core/',
      '^package\\.json$',
      '^(node:)?(assert|buffer|crypto|events|fs|http|net|os|path|process|stream|timers|url|util)(/|$)',
      ...npm(
        'hono',
        '@hono/node-server',
        'jose',
        'pg',
        'pg-[a-z-]+',
        '@types/pg',
        '@electric-sql/pglite',
        'valibot',
        '@valibot/to-json-schema',
      ),
    ]),
    {
      name: 'product-does-not-know-the-server',
      severity: 'error',
      comment: 'The licence service is reached over the network alone.',
      from: { path: '^(src|workers)/', pathNot: TESTS },
      to: { path: '^license-api/' },
    },
    {
      name: 'one-owner-of-onnxruntime',
      severity: 'error',
      comment: 'Only src/platform/ort imports onnxruntime.',
      from: { path: '^(src|workers)/', pathNot: ['^src/platform/ort/', TESTS] },
      to: { path: 'node_modules/onnxruntime-' },
    },
    {
      name: 'one-owner-of-mediabunny',
      severity: 'error',
      comment: 'Only src/platform/media imports the muxer.',
      from: { path: '^(src|workers)/', pathNot: ['^src/platform/media/', TESTS] },
      to: { path: 'node_modules/mediabunny' },
    },
    {
      name: 'product-does-not-know-tools',
      severity: 'error',
      comment: 'The product never imports build scripts, model builders or tests.',
      from: room('^(src|workers)/'),
      to: { path: '^(scripts|models|test)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|out|public|\\.cache)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'browser', 'default'],
    },
  },
};
