import { serviceSuite } from './test-suite.ts';

serviceSuite('the embedded database', () => Promise.resolve({ folder: null }));
