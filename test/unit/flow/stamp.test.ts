import { expect, test } from 'vitest';
import { exporterStamp, openReferences } from './references.ts';

test.each(['ltx', 'wan'] as const)(
  'the references of %s were made by the exporter as it is now',
  async (family) => {
    const { references } = await openReferences(family);
    expect(references.stamp, 'models/tiny is stale: remake it with `npm run goldens`').toBe(exporterStamp());
  },
);
