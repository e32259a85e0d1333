import { databaseSuite } from './test-suite-database.ts';
import { serviceSuite } from './test-suite.ts';

const inMemory = () => Promise.resolve({ folder: null });

serviceSuite('the embedded database', inMemory);
databaseSuite('the embedded database', inMemory);
