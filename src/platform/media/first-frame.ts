import type { EncodeJobRequest } from '../../contracts/encode.api.ts';
import { compareSmall, smallFromRgba, smallFromYuv, smallSize } from '../../core/media/compare.ts';
import type { SmallPicture } from '../../core/media/compare.ts';
import { smallOf } from './look-alike.ts';
import type { YuvPlanes } from './planes.ts';
import { failed } from './verify-failure.ts';

/** Long side of the comparison with the picture: small enough that grain and coding noise average out. */
const COMPARE_PX = 96;
/**
 * PSNR of the first frame against the picture, both scaled to 96 px, from which they count as alike. Coding alone
 * leaves 35 dB and more at this size; a subject that has moved by one of the 96 pixels before the first frame leaves
 * about 26. The picture upside down, mirrored, one of another job, washed out or in swapped colours has 8 to 20.
 */
const FIRST_FRAME_DB = 23;
/** What a picture may be harder for an engine than those that it was measured with, dB. */
const FIDELITY_MARGIN_DB = 8;
/** Mean of a channel, in levels, that may differ: a swapped matrix or a lost channel moves one by more. */
const MEAN_SHIFT_MAX = 10;
/** Contrast that may be gained or lost; full range taken for limited, or the other way, is 1.16 or 0.86. */
const CONTRAST_RANGE = [0.9, 1.1] as const;
/** A frame scaled down as {@link checkFirst} compares it. The frame stays open. */
export const smallFirst = (frame: VideoFrame): Promise<SmallPicture> => smallOf(frame, COMPARE_PX);

/**
 * PSNR of the first frame against what it should show. @throws ERR_MEDIA_VERIFY_FAILED when they don't look alike.
 * @param leastDb where it is {@link FIRST_FRAME_DB}, colour and contrast have to be right, too.
 */
function checkAlike(reference: SmallPicture, found: SmallPicture, leastDb: number): number {
  const { db, meanShift, contrast } = compareSmall(reference, found);
  const details = { db, meanShift, contrast };
  if (db < leastDb) throw failed('first frame like the picture', { ...details, least: leastDb });
  if (leastDb < FIRST_FRAME_DB) return db;
  if (meanShift > MEAN_SHIFT_MAX)
    throw failed('colour of the first frame', { ...details, most: MEAN_SHIFT_MAX });
  if (contrast !== null && (contrast < CONTRAST_RANGE[0] || contrast > CONTRAST_RANGE[1])) {
    throw failed('contrast of the first frame', details);
  }
  return db;
}

/**
 * PSNR of the first frame against the picture; null without one.
 * @param own the engine's frame before it was encoded, where it isn't the picture itself.
 * @throws ERR_MEDIA_VERIFY_FAILED when they don't look alike.
 */
export function checkFirst(
  planes: YuvPlanes,
  expected: Pick<EncodeJobRequest, 'width' | 'height' | 'reference' | 'fidelityDb'>,
  own: SmallPicture | null,
): number | null {
  const { reference, fidelityDb = Infinity } = expected;
  const { width, height } = smallSize(expected.width, expected.height, COMPARE_PX);
  const found = smallFromYuv(planes, width, height);
  if (own !== null) checkAlike(own, found, FIRST_FRAME_DB);
  if (reference === null) return null;
  const least = Math.min(FIRST_FRAME_DB, fidelityDb - FIDELITY_MARGIN_DB);
  return checkAlike(smallFromRgba(reference, width, height), found, least);
}
