import { buildApp } from '../../../scripts/lib/build-app.ts';

/** Builds the application before the first test, unless it is built. */
export default async function setup(): Promise<void> {
  await buildApp();
}
