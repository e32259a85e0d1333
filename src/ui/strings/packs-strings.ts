import { packsEn } from './packs.en.ts';
import { addEnglish } from './strings.ts';

// Imported by the elements that need these words, which are fetched when packs are shown.
addEnglish(packsEn);
