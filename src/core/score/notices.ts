import type { Notice } from '../../contracts/settings.ts';

/** What the portrait pack says it can't do, or does differently. */
export const NOTICES = {
  NOTICE_NO_FACE:
    'No face was found, so the picture gets camera, breathing and ambient motion; place five points on the face to move it.',
  NOTICE_NO_HAND: 'No hand is visible, so the greeting is a nod, a tilt of the head and a smile.',
  NOTICE_NO_HAIR: 'No hair was found, so the wind has nothing to move.',
  NOTICE_NO_SHOULDERS: 'The shoulders are out of the picture, so the breath shows in the head.',
  NOTICE_NO_PERSON: 'No person was found, so there is nothing that breathes or sways.',
  NOTICE_EYES_CLOSED:
    'The eyes are closed in the picture, so they stay closed: blinks and looks do not show.',
  NOTICE_BODY:
    'This pack moves the face, the hair and the breath; it cannot make someone walk, dance or move the body.',
  NOTICE_HANDS: 'Hands can only wave; other gestures are left out.',
  NOTICE_OBJECTS: 'Only the person moves; things and the background stay as they are.',
  NOTICE_SCENE: 'The scene cannot change; the clip stays in this one picture.',
  NOTICE_SOUND: 'Clips are silent for now, so the sounds are left out.',
  NOTICE_NO_VOICE: 'The lips move to the words, but no voice is heard yet.',
  NOTICE_ONE_CAMERA: 'Only one camera movement fits a clip; the first one is used.',
  NOTICE_ONE_PERSON: 'Only one person moves, the one whose face is largest.',
  NOTICE_SETTINGS: 'Length, size and frame rate are set beside the prompt, not in it.',
  NOTICE_UNREAD: 'Some words were not understood and have no effect.',
  NOTICE_TOO_MANY_BEATS: 'There is more in the prompt than fits the length; the last motions are left out.',
  NOTICE_SPEECH_CUT: 'The words are longer than the clip; the lips stop before the end of them.',
} as const;
/** A notice's stable name. */
export type NoticeCode = keyof typeof NOTICES;

/** A notice by its code. */
export function notice(code: NoticeCode): Notice {
  return { code, message: NOTICES[code] };
}
