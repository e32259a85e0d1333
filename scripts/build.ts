import { buildApp, stepLine } from './lib/build-app.ts';

try {
  await buildApp((step) => console.log(stepLine(step)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
