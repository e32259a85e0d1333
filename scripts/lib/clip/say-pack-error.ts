import type { ErrorCode, ErrorDetails } from '../../../src/contracts/errors.ts';

const ANEW = 'Get it anew from where it was published.';

/** Of a detail that is text; otherwise nothing. */
const text = (value: ErrorDetails[string] | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;

function missing(file: string | null, why: string | null): string {
  const isPage = why !== null && /\bpage\b/.test(why);
  if (file === null || file === 'pack.json') {
    return isPage
      ? 'There is no pack there: a page comes instead of pack.json. Check the address.'
      : 'There is no pack there: no pack.json. Check the address.';
  }
  return isPage
    ? `The pack lacks ${file}: a page comes instead of it. ${ANEW}`
    : `The pack lacks ${file}. ${ANEW}`;
}

function damaged(file: string | null, path: string | null): string {
  if (file === 'pack.json') return `pack.json can't be read. ${ANEW}`;
  if (file !== null) return `${file} isn't what pack.json says it is. ${ANEW}`;
  const where = path === null ? '' : `, at ${path}`;
  return `The pack isn't made the way a pack is${where}. ${ANEW}`;
}

function unreachable(why: string | null): string {
  if (why === 'no connection') {
    return "The pack's server doesn't answer, or doesn't let pages of other origins ask it (Access-Control-Allow-Origin). Check the address and the connection, then try again.";
  }
  const because = why === null ? '' : ` (${why})`;
  return `The pack's server doesn't answer as it should${because}. Try again later.`;
}

function noRoom({ needBytes, freeBytes }: ErrorDetails): string {
  return typeof needBytes === 'number' && typeof freeBytes === 'number'
    ? `There is no room for the pack: it needs ${megabytes(needBytes)}, and ${megabytes(freeBytes)} are free. Make room on the disk that holds this project.`
    : 'There is no room for the pack. Make room on the disk that holds this project.';
}

function failed({ why, sentence }: ErrorDetails): string {
  const said = why === 'does-not-fit' ? text(sentence) : null;
  return said ?? 'The model stopped while it drew, perhaps for want of memory. Try a shorter clip.';
}

/** A pack that keeps too little of a picture has drawn something else; that is no failure of the file. */
function unlike({ check, db, least }: ErrorDetails): string | null {
  if (check !== 'first frame like the picture') return null;
  const by =
    typeof db === 'number' && typeof least === 'number'
      ? ` (${db.toFixed(1)} dB of at least ${least.toFixed(1)})`
      : '';
  return `This pack can't draw this picture: its first frame doesn't look like it${by}. Choose a picture of the kind that the pack was made for, or another pack.`;
}

/**
 * What happened with a flow pack and what to do, for what the application words otherwise.
 *
 * @returns null where the usual sentence holds.
 */
export function sayPackError(code: ErrorCode, details: ErrorDetails): string | null {
  const file = text(details['file']);
  const why = text(details['why']);
  switch (code) {
    case 'ERR_INPUT_PACK':
      if (why === 'portrait-engine') {
        return 'This pack moves portraits and is no flow pack; such packs come with the application. Choose --pack portrait, or a flow pack.';
      }
      if (why === 'reserved-id') {
        return 'This flow pack calls itself portrait, which is the name of the pack that comes with the application. Export it under another id.';
      }
      return null;
    case 'ERR_INPUT_PROMPT_NOT_UNDERSTOOD':
      return 'This pack has no text encoder, so it reads no words. Choose a --preset it has, or another pack.';
    case 'ERR_INPUT_SECONDS':
      return typeof details['most'] === 'number' && details['least'] === 0
        ? `This pack makes at most ${details['most'].toFixed(1)} s, which is less than a clip lasts. Choose another pack.`
        : null;
    case 'ERR_MODEL_MISSING': {
      const graph = text(details['graph']);
      return graph === null ? missing(file, why) : `The pack has no graph ${graph}. ${ANEW}`;
    }
    case 'ERR_MODEL_DAMAGED':
      return damaged(file, text(details['path']));
    case 'ERR_MODEL_FAILED':
      return failed(details);
    case 'ERR_MODEL_UNREACHABLE':
      return unreachable(why);
    case 'ERR_MODEL_CHANGED':
      return 'The pack was changed where it comes from while it was fetched. Start again.';
    case 'ERR_MODEL_UNSAFE':
      return `The pack holds something that doesn't belong into one${why === null ? '' : ` (${why})`}, so it wasn't opened. Get it from somewhere else.`;
    case 'ERR_MODEL_SIGNATURE':
      return "The pack's signature doesn't hold, so it wasn't installed: it was changed after it was signed. Get it from where it was published.";
    case 'ERR_MEDIA_VERIFY_FAILED':
      return unlike(details);
    case 'ERR_STORE_QUOTA':
      return noRoom(details);
    case 'ERR_GPU_LOST':
      return 'The graphics processor was taken away, perhaps for want of memory. Try again, or choose a shorter clip.';
    default:
      return null;
  }
}
