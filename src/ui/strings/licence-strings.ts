import { accountEn } from './account.en.ts';
import { addEnglish } from './strings.ts';

// Imported by the elements that need these words, which are fetched only where a page has a licence.
addEnglish(accountEn);
