import type { Action, ActionKind, CameraKind, Direction } from '../../contracts/score.ts';
import type { NoticeCode } from './notices.ts';
import type { Segment } from './segments.ts';
import type { Noun } from './words.ts';

/** An action before its manners and its place are added. */
export type Draft = Pick<Action, 'kind'> &
  Partial<Pick<Action, 'direction' | 'intensity' | 'pace' | 'times' | 'text'>>;

/** What a segment asks for. */
export interface Meaning {
  readonly actions: readonly Draft[];
  readonly camera?: CameraKind;
  readonly notices: readonly NoticeCode[];
  /** Kinds that are to stay away, for "holds still". */
  readonly without: readonly ActionKind[];
  /** False when the words turned out to mean no motion at all. */
  readonly understood: boolean;
}

const NOTHING: Meaning = { actions: [], notices: [], without: [], understood: false };

const acts = (...actions: Draft[]): Meaning => ({ ...NOTHING, actions, understood: true });
const cant = (...notices: NoticeCode[]): Meaning => ({ ...NOTHING, notices, understood: true });
const moves = (camera: CameraKind): Meaning => ({ ...NOTHING, camera, understood: true });
const quiet = (...without: ActionKind[]): Meaning => ({ ...NOTHING, without, understood: true });
const described: Meaning = { ...NOTHING, understood: true };

type Way = Segment['directions'][number];

function sidesOf(ways: readonly Way[]): Direction[] {
  return ways.filter((way): way is 'left' | 'right' => way === 'left' || way === 'right');
}

function turning(kind: 'turn-head' | 'tilt-head' | 'look', ways: readonly Way[]): Draft[] {
  const sides = sidesOf(ways);
  if (sides.length > 0) return sides.map((direction) => ({ kind, direction }));
  if (kind !== 'tilt-head') {
    if (ways.includes('up')) return [{ kind, direction: 'up' }];
    if (ways.includes('down')) return [{ kind, direction: 'down' }];
  }
  return [{ kind }];
}

/** Whether the camera is who moves: it is named before the word, and not as a goal. */
export function cameraActs(segment: Segment, inherited: boolean): boolean {
  const first = segment.subjects[0];
  if (first === undefined) {
    return inherited;
  }
  if (first !== 'camera') return false;
  const at = segment.before.findLastIndex((token) => token.entry?.noun === 'camera');
  const earlier = segment.before.slice(Math.max(0, at - 3), Math.max(0, at));
  return !earlier.some((token) => ['at', 'to', 'toward', 'towards', 'into', 'facing'].includes(token.text));
}

function cameraMove(segment: Segment): Meaning {
  const ways = segment.directions;
  const has = (way: Way): boolean => ways.includes(way);
  const { verb } = segment;
  if (segment.still && verb !== 'zoom') return moves('hold');
  if (verb === 'hold') return moves('hold');
  if (verb === 'zoom') return moves(has('out') ? 'zoom-out' : 'zoom-in');
  if (verb === 'orbit' || (has('around') && verb !== 'look'))
    return moves(has('right') ? 'orbit-right' : 'orbit-left');
  if (verb === 'push') return moves(has('out') && !has('in') ? 'pull-out' : 'push-in');
  if (verb === 'pull') return moves('pull-out');
  if (verb === 'tilt' || verb === 'raise' || verb === 'lower' || verb === 'look') {
    if (has('left')) return moves('pan-left');
    if (has('right')) return moves('pan-right');
    return moves(has('down') || verb === 'lower' ? 'tilt-down' : 'tilt-up');
  }
  if (has('left')) return moves('pan-left');
  if (has('right')) return moves('pan-right');
  if (has('up')) return moves('tilt-up');
  if (has('down')) return moves('tilt-down');
  if (has('out') && !has('in')) return moves('pull-out');
  if (has('in') || verb === 'lean' || verb === 'body') return moves('push-in');
  if (verb === 'pan') return moves('pan-right');
  if (verb === 'turn' || verb === 'sway' || verb === 'blow') return moves('orbit-left');
  if (verb === 'stir') return moves('push-in');
  if (verb === 'shake') return cant('NOTICE_ONE_CAMERA');
  return described;
}

/** The part of the body that a word of motion is about: what is named after it first, then who does it. */
function partOf(segment: Segment, order: readonly Noun[]): Noun | undefined {
  for (const noun of segment.objects) if (order.includes(noun)) return noun;
  for (const noun of segment.subjects) if (order.includes(noun)) return noun;
  return undefined;
}

const PARTS: readonly Noun[] = [
  'head',
  'chin',
  'face',
  'eyes',
  'gaze',
  'brows',
  'mouth',
  'hair',
  'chest',
  'torso',
  'hand',
  'object',
];

function toCamera(segment: Segment): boolean {
  const away = segment.after.some((token) => token.text === 'from');
  if (segment.objects.includes('camera')) return !away;
  return segment.after.some(
    (token, index) =>
      ['you', 'me', 'us', 'contact'].includes(token.text) &&
      segment.after
        .slice(Math.max(0, index - 3), index)
        .some((word) => ['at', 'to', 'toward', 'towards', 'eye'].includes(word.text)),
  );
}

function looking(segment: Segment): Meaning {
  const ways = segment.directions;
  if (segment.token.lemma === 'eye' || segment.token.lemma === 'eyes') return NOTHING;
  if (toCamera(segment)) return acts({ kind: 'look', direction: 'camera' });
  if (ways.includes('around')) return acts({ kind: 'look', direction: 'around' });
  if (ways.some((way) => way === 'left' || way === 'right' || way === 'up' || way === 'down'))
    return acts(...turning('look', ways));
  if (
    ways.includes('out') ||
    segment.objects.includes('chest') ||
    segment.after.some((token) => token.text === 'side')
  )
    return acts({ kind: 'look' });
  if (segment.token.lemma === 'squint') return acts({ kind: 'frown', intensity: 0.4 });
  // "Looks happy" is a mood, "looking at him" a description.
  return described;
}

function turningHead(segment: Segment): Meaning {
  const ways = segment.directions;
  const part = partOf(segment, PARTS);
  if (segment.after.some((token) => token.text === 'into')) return cant('NOTICE_SCENE');
  if (part === 'torso' || segment.token.lemma === 'spin') return cant('NOTICE_BODY');
  if (part === 'object') return cant('NOTICE_OBJECTS');
  if (part === 'hand') return cant('NOTICE_HANDS');
  if (part === 'eyes' || part === 'gaze')
    return toCamera(segment) ? acts({ kind: 'look', direction: 'camera' }) : acts(...turning('look', ways));
  if (toCamera(segment)) return acts({ kind: 'turn-head', direction: 'camera' });
  if (ways.includes('around') && part !== 'head') return cant('NOTICE_BODY');
  if (sidesOf(ways).length === 0 && segment.after.some((token) => token.text === 'back'))
    return acts({ kind: 'turn-head', direction: 'camera' });
  return acts(...turning('turn-head', ways));
}

function stirring(segment: Segment): Meaning {
  const ways = segment.directions;
  switch (partOf(segment, PARTS)) {
    case 'hair':
      return acts({ kind: 'hair-wind' });
    case 'eyes':
    case 'gaze':
      if (toCamera(segment)) return acts({ kind: 'look', direction: 'camera' });
      return acts(
        ...(ways.length === 0 ? [{ kind: 'look', direction: 'around' } as const] : turning('look', ways)),
      );
    case 'head':
    case 'chin':
    case 'face':
      return ways.length === 0 ? acts({ kind: 'idle' }) : acts(...turning('turn-head', ways));
    case 'mouth':
      return acts({ kind: 'speak' });
    case 'brows':
      return acts({ kind: 'raise-brows', intensity: 0.6 });
    case 'chest':
      return acts({ kind: 'breathe' });
    case 'hand':
      return cant('NOTICE_HANDS');
    case 'object':
      return cant('NOTICE_OBJECTS');
    case 'torso':
      return acts({ kind: 'sway' });
    default:
      return acts({ kind: 'idle' });
  }
}

function raising(segment: Segment): Meaning {
  const up = segment.verb === 'raise';
  switch (partOf(segment, PARTS)) {
    case 'brows':
      return up ? acts({ kind: 'raise-brows' }) : acts({ kind: 'frown', intensity: 0.7 });
    case 'head':
    case 'chin':
    case 'face':
      return segment.token.lemma === 'bow'
        ? acts({ kind: 'nod', pace: 0.6 })
        : acts({ kind: 'turn-head', direction: up ? 'up' : 'down' });
    case 'eyes':
    case 'gaze':
      if (toCamera(segment)) return acts({ kind: 'look', direction: 'camera' });
      return acts({ kind: 'look', direction: up ? 'up' : 'down' });
    case 'mouth':
      return up ? acts({ kind: 'smile' }) : acts({ kind: 'open-mouth' });
    case 'chest':
      return acts({ kind: 'breathe' });
    case 'hair':
      return acts({ kind: 'hair-wind' });
    case 'hand':
      return cant('NOTICE_HANDS');
    case 'object':
      return cant('NOTICE_OBJECTS');
    default:
      if (segment.token.lemma === 'bow') return acts({ kind: 'nod', pace: 0.6 });
      return segment.subjects.length > 0 && segment.subjects[0] !== 'camera' ? cant('NOTICE_BODY') : NOTHING;
  }
}

function holding(segment: Segment): Meaning {
  if (segment.still && segment.objects[0] === 'camera') return moves('hold');
  if (segment.after.some((token) => token.text === 'contact') || partOf(segment, ['gaze']) === 'gaze') {
    return acts({ kind: 'look', direction: 'camera' });
  }
  if (!segment.still && segment.token.lemma !== 'freeze') return described;
  switch (partOf(segment, PARTS)) {
    case 'eyes':
    case 'gaze':
      return quiet('look');
    case 'mouth':
      return quiet('speak', 'open-mouth');
    case 'hair':
      return quiet('hair-wind');
    case 'head':
    case 'face':
    case 'chin':
      return quiet('turn-head');
    case 'object':
      return described;
    default:
      return quiet('turn-head', 'sway');
  }
}

/** Reads one segment. @param inherited the camera was who moved in the clause before. */
export function meaningOf(segment: Segment, inherited: boolean): Meaning {
  const part = partOf(segment, PARTS);
  const camera = cameraActs(segment, inherited);
  switch (segment.verb) {
    case 'zoom':
    case 'orbit':
      return segment.verb === 'orbit' && !camera && segment.token.lemma !== 'orbit'
        ? NOTHING
        : cameraMove(segment);
    case 'pan':
      return camera || segment.token.lemma === 'pan' || segment.token.lemma === 'truck'
        ? cameraMove(segment)
        : described;
    case 'push':
    case 'pull':
      if (
        camera ||
        segment.token.lemma === 'dolly' ||
        segment.directions.some((way) => way === 'in' || way === 'out')
      ) {
        if (camera || segment.subjects[0] === undefined) return cameraMove(segment);
      }
      return cant('NOTICE_BODY');
    default:
      break;
  }
  if (camera && segment.verb !== 'smile' && segment.verb !== 'blink') return cameraMove(segment);

  switch (segment.verb) {
    case 'turn':
      return turningHead(segment);
    case 'look':
      return looking(segment);
    case 'face':
      if (toCamera(segment)) return acts({ kind: 'turn-head', direction: 'camera' });
      return segment.directions.length > 0 ? acts(...turning('turn-head', segment.directions)) : described;
    case 'nod':
      return acts({ kind: 'nod' });
    case 'shake':
      if (part === 'hand' || part === 'torso') return cant(part === 'hand' ? 'NOTICE_HANDS' : 'NOTICE_BODY');
      if (part === 'hair') return acts({ kind: 'shake-head' });
      return part === 'object' ? cant('NOTICE_OBJECTS') : acts({ kind: 'shake-head' });
    case 'tilt': {
      const ways = segment.directions;
      if (
        part === undefined &&
        (ways.includes('up') || ways.includes('down')) &&
        segment.subjects.length === 0
      )
        return cameraMove(segment);
      if (part === 'object') return cant('NOTICE_OBJECTS');
      if (part === 'chin' || ways.includes('up') || ways.includes('down')) {
        return acts({ kind: 'turn-head', direction: ways.includes('down') ? 'down' : 'up' });
      }
      if (
        sidesOf(ways).length === 0 &&
        segment.after.some((token) => token.lemma === 'back' || token.lemma === 'backward')
      ) {
        return acts({ kind: 'turn-head', direction: 'up' });
      }
      return acts(...turning('tilt-head', ways));
    }
    case 'lean':
      return part === 'head' || sidesOf(segment.directions).length > 0
        ? acts(...turning('tilt-head', segment.directions))
        : cant('NOTICE_BODY');
    case 'raise':
    case 'lower':
      return raising(segment);
    case 'smile':
      return acts(
        segment.token.lemma === 'smirk'
          ? { kind: 'smile', intensity: 0.6 }
          : segment.token.lemma === 'grin'
            ? { kind: 'smile', intensity: 1.15 }
            : { kind: 'smile' },
      );
    case 'laugh':
      return acts(
        segment.token.lemma === 'giggle' || segment.token.lemma === 'chuckle'
          ? { kind: 'laugh', intensity: 0.7 }
          : { kind: 'laugh' },
      );
    case 'blink':
      return acts({ kind: 'blink' });
    case 'flutter':
      if (part === 'eyes') return acts({ kind: 'blink', times: 3 });
      if (part === 'object') return cant('NOTICE_OBJECTS');
      return part === 'hair' ? acts({ kind: 'hair-wind' }) : NOTHING;
    case 'wink':
      return acts({ kind: 'wink', ...towards(segment) });
    case 'shut':
      return part === 'eyes' ? acts({ kind: 'close-eyes' }) : described;
    case 'open':
      if (
        segment.token.lemma === 'yawn' ||
        segment.token.lemma === 'gasp' ||
        segment.token.lemma === 'gape' ||
        part === 'mouth'
      )
        return acts({ kind: 'open-mouth' });
      if (part === 'eyes') return acts({ kind: 'blink', pace: 0.7 });
      return part === 'object' ? cant('NOTICE_OBJECTS') : described;
    case 'frown':
      return acts({ kind: 'frown' });
    case 'speak':
      return acts({ kind: 'speak' });
    case 'wave':
      if (part === 'hair') return acts({ kind: 'hair-wind' });
      return part === 'object' ? cant('NOTICE_OBJECTS') : acts({ kind: 'wave' });
    case 'breathe':
      return acts({ kind: 'breathe' });
    case 'sway':
      if (part === 'hair') return acts({ kind: 'hair-wind' });
      if (part === 'object') return cant('NOTICE_OBJECTS');
      return part === 'head' && segment.token.lemma === 'bob'
        ? acts({ kind: 'nod' })
        : acts({ kind: 'sway' });
    case 'blow':
      if (part === 'object' && !segment.objects.includes('hair') && !segment.subjects.includes('hair'))
        return cant('NOTICE_OBJECTS');
      return acts({ kind: 'hair-wind', ...towards(segment) });
    case 'wind':
      return acts({ kind: 'hair-wind', ...towards(segment) });
    case 'stir':
      return stirring(segment);
    case 'widen':
      return part === 'eyes' ? acts({ kind: 'raise-brows', intensity: 0.7 }) : described;
    case 'narrow':
      return part === 'eyes' ? acts({ kind: 'frown', intensity: 0.4 }) : described;
    case 'hold':
      return holding(segment);
    case 'body':
      return bodily(segment, part);
    case 'hands':
      return segment.token.lemma === 'shrug' ? cant('NOTICE_BODY') : cant('NOTICE_HANDS');
    case 'scene':
      return part === undefined || part === 'object' ? cant('NOTICE_SCENE') : described;
    case 'sound':
      return cant('NOTICE_SOUND');
  }
}

function bodily(segment: Segment, part: Noun | undefined): Meaning {
  if (segment.token.lemma === 'roll' && part === 'eyes') return acts({ kind: 'look', direction: 'up' });
  // "Her hair dances", "a smile plays on her lips".
  if (part === 'hair' && segment.subjects[0] === 'hair') return acts({ kind: 'hair-wind' });
  if (segment.subjects[0] === 'object') return cant('NOTICE_OBJECTS');
  return cant('NOTICE_BODY');
}

function towards(segment: Segment): { direction?: Direction } {
  const side = sidesOf(segment.directions)[0];
  return side === undefined ? {} : { direction: side };
}
