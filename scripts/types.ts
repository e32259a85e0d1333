import { checkTypes } from './lib/checks.ts';

const result = await checkTypes();
if (result.output !== '') console.log(result.output);
console.log(`types ${result.ok ? 'passed' : 'failed'} in ${(result.ms / 1000).toFixed(1)} s`);
process.exitCode = result.ok ? 0 : 1;
