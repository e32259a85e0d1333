/** What a word of motion means before its neighbours are known. Names are the lexicon's own. */
export type Verb =
  | 'turn'
  | 'look'
  | 'face'
  | 'nod'
  | 'shake'
  | 'tilt'
  | 'lean'
  | 'raise'
  | 'lower'
  | 'smile'
  | 'laugh'
  | 'blink'
  | 'flutter'
  | 'wink'
  | 'shut'
  | 'open'
  | 'frown'
  | 'speak'
  | 'wave'
  | 'breathe'
  | 'sway'
  | 'blow'
  | 'wind'
  | 'stir'
  | 'widen'
  | 'narrow'
  | 'hold'
  | 'push'
  | 'pull'
  | 'pan'
  | 'zoom'
  | 'orbit'
  | 'body'
  | 'hands'
  | 'scene'
  | 'sound';

/** Things that are moved, or that move. */
export type Noun =
  | 'head'
  | 'chin'
  | 'face'
  | 'eyes'
  | 'gaze'
  | 'brows'
  | 'mouth'
  | 'hair'
  | 'chest'
  | 'torso'
  | 'hand'
  | 'camera'
  | 'person'
  | 'object'
  | 'sound';

/** Ways; factors multiply. */
export interface Manner {
  readonly intensity?: number;
  readonly pace?: number;
  /** Emotional words choose smaller, slower motion over all (P6). */
  readonly mood?: 'tender' | 'happy' | 'sad' | 'surprised' | 'angry' | 'curious' | 'tired';
}

/** Everything that one word can be; several at once is usual. */
export interface Entry {
  readonly verb?: Verb;
  readonly noun?: Noun;
  readonly manner?: Manner;
  readonly direction?: 'left' | 'right' | 'up' | 'down' | 'around' | 'in' | 'out';
  readonly times?: number;
  readonly link?: 'then' | 'and' | 'while' | 'after' | 'before' | 'but' | 'or';
  readonly negates?: boolean;
  /** Holding still. */
  readonly still?: boolean;
  /** A fault that the words ask not to have. */
  readonly fault?: boolean;
  /** Carries no motion: grammar, or a description of what the picture shows already. */
  readonly plain?: boolean;
}

type Mutable = { -readonly [Key in keyof Entry]: Entry[Key] };

const table = new Map<string, Mutable>();

function put(words: string, entry: Entry): void {
  for (const word of words.split(/\s+/)) {
    if (word !== '') table.set(word, { ...table.get(word), ...entry });
  }
}

const VERBS: Readonly<Record<Verb, string>> = {
  turn: 'turn rotate swivel pivot twist spin',
  look: 'look glance gaze peek peer stare watch glimpse squint eye regard observe',
  face: 'face',
  nod: 'nod',
  shake: 'shake',
  tilt: 'tilt cock incline slant',
  lean: 'lean',
  raise: 'raise lift arch rise cock perk',
  lower: 'lower drop dip bow duck droop sink fall',
  smile: 'smile grin beam smirk',
  laugh: 'laugh giggle chuckle laughter cackle crack',
  blink: 'blink',
  flutter: 'flutter bat',
  wink: 'wink',
  shut: 'close shut',
  open: 'open part gape yawn gasp reopen',
  frown: 'frown scowl pout grimace sulk furrow knit glower glare wince',
  speak:
    'speak say talk whisper sing murmur ask reply tell utter mutter hum shout answer mouth announce exclaim greet lipsync',
  wave: 'wave',
  breathe: 'breathe breath inhale exhale sigh respire',
  sway: 'sway rock swing bob',
  blow: 'blow billow stream ripple rustle tousle swirl flow ruffle sweep whip float',
  wind: 'wind breeze gust windy breezy windblown windswept draft draught',
  stir: 'move animate drift fidget shift stir motion movement alive idle live life glide settle relax adjust travel wander dart flick flicker loop',
  widen: 'widen',
  narrow: 'narrow crinkle',
  hold: 'hold stay keep remain freeze stand hover maintain sustain',
  push: 'push dolly creep approach crawl inch',
  pull: 'pull retreat withdraw recede',
  pan: 'pan truck track slide crane pedestal jib',
  zoom: 'zoom magnify',
  orbit: 'orbit circle arc revolve parallax',
  body: 'walk run dance jump sit kneel lie crouch crawl swim climb ride skate hop skip march stroll twirl stretch fly flee leave enter exit drive jog leap pose strut undress strip hug kiss embrace fight kick eat drink chew swallow sip bite lick cry weep sneeze cough stumble sleep step sprint bend squat roll curtsy fall moonwalk somersault cartwheel',
  hands:
    'clap point grab hold pick throw catch type play touch stroke brush reach snap salute gesture pat rub scratch fold cross hug wring knock clasp adjust tuck pluck write draw paint gesticulate shrug beckon hand applaud',
  scene:
    'transform morph become cut fade dissolve transition explode teleport vanish disappear appear change burn melt',
  sound: 'hear whoosh chime ring bark chirp sing roar thunder echo',
};
for (const [verb, words] of Object.entries(VERBS) as [Verb, string][]) {
  for (const word of words.split(' ')) if (table.get(word)?.verb === undefined) put(word, { verb });
}

const NOUNS: Readonly<Record<Noun, string>> = {
  head: 'head skull crown neck',
  chin: 'chin',
  face: 'face profile',
  eyes: 'eye eyes eyelid lid eyelash lash pupil iris eyeball',
  gaze: 'gaze stare sight eyesight glance',
  brows: 'brow eyebrow forehead',
  mouth: 'mouth lip lips jaw tongue teeth tooth',
  hair: 'hair strand curl lock bang bangs fringe ponytail braid tress beard fur mane dress scarf veil cloth clothes fabric cape coat ribbon sleeve skirt shirt',
  chest: 'chest shoulder shoulders ribcage belly lung',
  torso: 'body torso weight posture upper',
  hand: 'hand hands arm arms finger fingers palm wrist fist thumb elbow',
  camera:
    'camera cam lens shot frame framing view viewer viewpoint perspective cinematography audience screen viewfinder spectator onlooker',
  person:
    'she he they it her him them his their its i you your my me we us someone subject person people woman man girl boy lady guy character model figure everyone child kid baby portrait dog cat animal statue princess queen king knight elf warrior',
  object:
    'leaf leaves petal petals snow snowflake rain raindrop cloud clouds candle flame fire smoke water sea ocean river lake bird birds butterfly butterflies car train curtain curtains dust sparks spark star stars tree trees grass flower flowers light lights lamp steam mist fog background sky sun moon crowd traffic flag sparkle particle fireworks confetti ball cup glass phone book earring earrings necklace hat boat ship door window',
  sound:
    'sound music audio noise soundtrack sfx birdsong melody voice ambience ambient song piano guitar violin drums applause footstep footsteps voiceover narration asmr',
};
for (const [noun, words] of Object.entries(NOUNS) as [Noun, string][])
  put(words.replaceAll('\n', ' '), { noun });

const MANNERS: readonly (readonly [string, Manner])[] = [
  ['slightly slight', { intensity: 0.5 }],
  ['barely hardly imperceptibly faintly faint tiny minimally minimal', { intensity: 0.4 }],
  ['subtly subtle small little bit lightly modest modestly micro hint touch', { intensity: 0.6 }],
  ['gently gentle softly soft delicately delicate quietly quiet', { intensity: 0.7, pace: 0.85 }],
  [
    'broadly broad wide widely big large strong strongly clearly clear visibly fully full firmly firm hearty heartily',
    { intensity: 1.3 },
  ],
  ['deeply deep', { intensity: 1.25, pace: 0.85 }],
  [
    'dramatically dramatic hugely huge wildly wild intensely intense exaggerated vigorously vigorous energetically energetic fiercely fierce enthusiastically enthusiastic hard',
    { intensity: 1.4, pace: 1.15 },
  ],
  ['very really extremely much', { intensity: 1.15 }],
  [
    'slowly slow gradually gradual unhurried unhurriedly leisurely leisure languidly lazily lazy lingering slower slowmo',
    { pace: 0.6 },
  ],
  [
    'calmly calm smoothly smooth steadily relaxed relaxedly serenely serene peacefully peaceful patiently',
    { pace: 0.78 },
  ],
  ['quickly quick fast rapidly rapid swiftly swift briskly brisk faster hastily speedily', { pace: 1.5 }],
  ['suddenly sudden abruptly abrupt sharply sharp instantly snappy', { pace: 1.7 }],
  [
    'playfully playful cheekily cheeky mischievously mischievous flirtatiously flirty teasingly',
    { pace: 1.1 },
  ],
  ['confidently confident naturally natural casually casual', {}],
  [
    'tenderly tender lovingly loving affectionately affectionate wistfully wistful longingly longing romantic romantically dreamily dreamy thoughtfully thoughtful pensive pensively intimate intimately nostalgic nostalgically shyly shy bashfully bashful nervously nervous timidly emotional emotionally vulnerable caring kind kindly warm warmly hopeful hopefully soulful grateful',
    { mood: 'tender' },
  ],
  [
    'happily happy joyfully joyful cheerfully cheerful friendly glad delighted welcoming content pleased merry joyous amused',
    { mood: 'happy' },
  ],
  [
    'sadly sad melancholic melancholy sorrowful sorrowfully mournfully gloomy lonely heartbroken depressed somber sombre tearful grieving grief',
    { mood: 'sad' },
  ],
  ['surprised surprise astonished amazed shocked startled stunned', { mood: 'surprised' }],
  ['angrily angry furious furiously annoyed mad irritated grumpy stern sternly upset', { mood: 'angry' }],
  [
    'curiously curious intrigued puzzled confused quizzically quizzical inquisitive questioning wonders wonder',
    { mood: 'curious' },
  ],
  ['sleepily sleepy tired drowsy drowsily wearily weary exhausted', { mood: 'tired' }],
];
for (const [words, manner] of MANNERS) put(words, { manner });

put('left leftward leftwards', { direction: 'left' });
put('right rightward rightwards', { direction: 'right' });
put('up upward upwards above skyward skywards heavenward ceiling', { direction: 'up' });
put('down downward downwards below floor ground lap', { direction: 'down' });
put('around about everywhere surroundings', { direction: 'around' });
put('in closer inward inwards forward forwards nearer toward towards into tighter', { direction: 'in' });
put('out back backward backwards wider away outward outwards further farther', { direction: 'out' });

put('once', { times: 1 });
put('twice double', { times: 2 });
put('thrice triple repeatedly several few', { times: 3 });

put('then next afterwards afterward finally eventually lastly subsequently later followed until', {
  link: 'then',
});
put('and plus also &', { link: 'and' });
put('while as meanwhile with simultaneously during whilst when', { link: 'while' });
put('after', { link: 'after' });
put('before', { link: 'before' });
put('but yet though although except', { link: 'but' });
put('or nor', { link: 'or' });

put(
  "no not never without avoid don't doesn't didn't isn't aren't won't can't cannot shouldn't nothing none neither nor zero stop stops prevent minus dont doesnt",
  { negates: true },
);
put(
  'still steady static fixed motionless stationary immobile stable locked unmoving frozen tripod put constant consistent unchanged',
  { still: true },
);
put(
  'distortion distort distorted jitter jittery jittering deformation deform deformed warping warp warped artifact artifacts artefact artefacts glitch glitches blur blurry blurring noise ghosting flickering morphing extra duplicate duplicated disfigured mutation watermark text subtitle subtitles caption captions logo identity',
  { fault: true },
);

put(
  `a an the of to at on for from by this that these those there here is are be was were been being am will would can could should may might must shall do does did have has had having get gets let lets begin begins start starts starting beginning try tries make makes making give gives giving take takes taking show shows showing put puts
  himself herself itself themselves myself yourself own one ones other another each both all some any every most more less just only even so too than if which who whose whom what where why how again
  expression moment second seconds sec time times while clip video scene animation animated picture photo photograph image painting illustration drawing
  style cinematic realistic photorealistic closeup close-up portrait lighting lit backlit golden hour sunset sunrise morning evening night day daylight studio film 4k 8k hd high quality detailed detail ultra
  young old beautiful pretty handsome elegant cute attractive tall short long dark bright light blonde blond brunette red black white brown blue green grey gray golden silver pink purple yellow orange curly straight wavy smooth skin
  room cafe café street garden beach forest park city house home kitchen bedroom office wall table chair bed bench field mountain outdoors indoors outside inside
  wearing wears dressed standing sitting seated holding lying nature background foreground behind front beside between over under through across onto off along against near next side corner direction
  toward towards pace pacing tempo speed rhythm overall mood tone atmosphere atmospheric feeling feel feels seem seems appear looking style always throughout entire whole during end ending beginning first last second third
  please want wants like would let's can you okay ok yes well quite rather somewhat almost nearly perfectly simply together same sometimes occasional occasionally bit lot kind sort way manner
  two three four five six form forms forming meet meets meeting ear ears distance rest rests resting disbelief
  hello hi hey goodbye bye contact come comes coming follow follows following forth again her's
  s t re ve ll d m don eachother thing things something anything it's that's there's he's she's they're i'm slow-motion`,
  { plain: true },
);

const IRREGULAR: Readonly<Record<string, string>> = {
  shook: 'shake',
  shaken: 'shake',
  blew: 'blow',
  blown: 'blow',
  rose: 'rise',
  risen: 'rise',
  spoke: 'speak',
  spoken: 'speak',
  said: 'say',
  held: 'hold',
  kept: 'keep',
  swept: 'sweep',
  swung: 'swing',
  told: 'tell',
  sang: 'sing',
  sung: 'sing',
  leant: 'lean',
  fell: 'fall',
  fallen: 'fall',
  froze: 'freeze',
  ran: 'run',
  sat: 'sit',
  lay: 'lie',
  lying: 'lie',
  stood: 'stand',
  threw: 'throw',
  caught: 'catch',
  heard: 'hear',
  wept: 'weep',
  slept: 'sleep',
  ate: 'eat',
  drank: 'drink',
  spun: 'spin',
  tilts: 'tilt',
  leaves: 'leaves',
  facing: 'face',
};

/** A word as the lexicon knows it. */
export interface Known {
  readonly lemma: string;
  readonly entry: Entry;
  /** A participle: "turning". */
  readonly ing: boolean;
}

function find(word: string): { lemma: string; entry: Entry } | null {
  const entry = table.get(word);
  return entry === undefined ? null : { lemma: word, entry };
}

function ending(word: string): { lemma: string; entry: Entry } | null {
  const tries: string[] = [];
  if (word.endsWith('ies')) tries.push(`${word.slice(0, -3)}y`);
  if (word.endsWith('es')) tries.push(word.slice(0, -2));
  if (word.endsWith('s')) tries.push(word.slice(0, -1));
  for (const suffix of ['ing', 'ed', 'er'] as const) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, -suffix.length);
    tries.push(stem, `${stem}e`);
    if (stem.length > 2 && stem.at(-1) === stem.at(-2)) tries.push(stem.slice(0, -1));
  }
  if (word.endsWith('ly')) tries.push(word.slice(0, -2));
  for (const stem of tries) {
    const found = stem.length > 1 ? find(stem) : null;
    if (found !== null) return found;
  }
  return null;
}

/** Looks a lower-case word up, whatever its inflection; null when the lexicon has never heard of it. */
export function lookUp(word: string): Known | null {
  const ing = word.length > 4 && word.endsWith('ing');
  const irregular = IRREGULAR[word];
  const found = (irregular === undefined ? null : find(irregular)) ?? find(word) ?? ending(word);
  return found === null ? null : { ...found, ing };
}
