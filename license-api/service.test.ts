import { afterwardsSuite } from './test-suite-afterwards.ts';
import { databaseSuite } from './test-suite-database.ts';
import { hardshipSuite } from './test-suite-hardship.ts';
import { instancesSuite } from './test-suite-instances.ts';
import { keysSuite } from './test-suite-keys.ts';
import { paymentsSuite } from './test-suite-payments.ts';
import { propertiesSuite } from './test-suite-properties.ts';
import { serviceSuite } from './test-suite.ts';

const inMemory = () => Promise.resolve({ folder: null });

serviceSuite('the embedded database', inMemory);
afterwardsSuite('the embedded database', inMemory);
databaseSuite('the embedded database', inMemory);
instancesSuite('the embedded database', inMemory);
paymentsSuite('the embedded database', inMemory);
keysSuite('the embedded database', inMemory);
propertiesSuite('the embedded database', inMemory, 100);
hardshipSuite('the embedded database', inMemory);
