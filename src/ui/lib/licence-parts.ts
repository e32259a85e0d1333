import '../sw-locked/sw-locked.ts';
import '../sw-price/sw-price.ts';

/** What the studio fetches once a page has a licence: the price beside the button, and what is locked. */
export { choiceLocks } from './choice-locks.ts';
