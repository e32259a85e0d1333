import { faceBox, type Box } from './face-measures.ts';
import {
  boxArea,
  clampBox,
  psnr,
  pyramidOf,
  rhythmOf,
  shiftOf,
  type Luma,
  type Pyramid,
  type Rhythm,
} from './image-measures.ts';
import type { Footage } from './footage.ts';
import type { Landmarks } from './oracle.ts';

/** Blocks with less texture than this can't say how they move. */
const TEXTURE = 1.5;
/** Series are sampled at about this rate; nothing that is measured here is faster. */
const SAMPLE_HZ = 10;

interface Sampled {
  readonly first: Luma;
  readonly pyramids: readonly Pyramid[];
  readonly rate: number;
}

function sampled(footage: Footage): Sampled {
  const nth = Math.max(1, Math.round(footage.fps / SAMPLE_HZ));
  const lumas = footage.lumas.filter((_, index) => index % nth === 0);
  const first = lumas[0];
  if (first === undefined) throw new Error('the clip has no frames');
  return { first, pyramids: lumas.map((luma) => pyramidOf(luma)), rate: footage.fps / nth };
}

interface BlockTrack {
  readonly dx: readonly number[];
  readonly dy: readonly number[];
}

function track({ pyramids }: Sampled, box: Box): BlockTrack | null {
  const start = pyramids[0];
  if (start === undefined || boxArea(box) < 64) return null;
  if (shiftOf(start, start, box).texture < TEXTURE) return null;
  const shifts = pyramids.map((pyramid) => shiftOf(start, pyramid, box));
  return { dx: shifts.map(({ dx }) => dx), dy: shifts.map(({ dy }) => dy) };
}

function deviation(series: readonly number[]): number {
  const mean = series.reduce((sum, value) => sum + value, 0) / series.length;
  return Math.sqrt(series.reduce((sum, value) => sum + (value - mean) ** 2, 0) / series.length);
}

/** The value below which the given share of the values lies; 0 when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Tiles of about `size` pixels inside a box. */
function tiles(area: Box, size: number): Box[] {
  const out: Box[] = [];
  for (let y = area.y0; y + size <= area.y1; y += size) {
    for (let x = area.x0; x + size <= area.x1; x += size) {
      out.push({ x0: x, y0: y, x1: x + size, y1: y + size });
    }
  }
  return out;
}

/** Share of each block's time away from where it usually is, in pixels, for blocks with texture. */
function liveliness(samples: Sampled, blocks: readonly Box[]): number[] {
  return blocks.flatMap((block) => {
    const moved = track(samples, block);
    return moved === null ? [] : [Math.hypot(deviation(moved.dx), deviation(moved.dy))];
  });
}

/** How the shoulders rise and fall: the most rhythmic of ten places below the chin. Amplitude is a share of the height. */
export function breathing(footage: Footage, rest: Landmarks): Rhythm {
  const samples = sampled(footage);
  const { x0, y0, x1, y1 } = faceBox(rest);
  const width = x1 - x0;
  const height = y1 - y0;
  const middle = (x0 + x1) / 2;
  const rhythms: Rhythm[] = [];
  for (const row of [0.25, 0.65]) {
    for (const column of [-1.25, -0.75, -0.25, 0.25, 0.75]) {
      const box = clampBox(
        {
          x0: middle + column * width,
          y0: y1 + row * height,
          x1: middle + (column + 0.5) * width,
          y1: y1 + (row + 0.5) * height,
        },
        samples.first,
        2,
      );
      const moved = track(samples, box);
      if (moved !== null) rhythms.push(rhythmOf(moved.dy, samples.rate));
    }
  }
  const best = rhythms.reduce((top, rhythm) => (score(rhythm) > score(top) ? rhythm : top), NO_RHYTHM);
  return { ...best, amplitude: (2 * best.amplitude) / samples.first.height };
}

const NO_RHYTHM: Rhythm = { hz: 0, amplitude: 0, share: 0 };
const score = ({ amplitude, share }: Rhythm): number => amplitude * share * share;

/** How far a block leaves both its place and the place that it would have if it were fixed to the head, in pixels. */
function ownMotion(moved: BlockTrack, head: BlockTrack): number {
  const relative = {
    dx: moved.dx.map((value, k) => value - (head.dx[k] ?? 0)),
    dy: moved.dy.map((value, k) => value - (head.dy[k] ?? 0)),
  };
  const spread = ({ dx, dy }: BlockTrack): number => Math.hypot(deviation(dx), deviation(dy));
  return Math.min(spread(moved), spread(relative));
}

/** The movement that most of some blocks share: medians, moment by moment. */
function commonMotion(tracks: readonly BlockTrack[], length: number): BlockTrack {
  const moments = Array.from({ length }, (_, k) => k);
  return {
    dx: moments.map((k) =>
      quantile(
        tracks.map(({ dx }) => dx[k] ?? 0),
        0.5,
      ),
    ),
    dy: moments.map((k) =>
      quantile(
        tracks.map(({ dy }) => dy[k] ?? 0),
        0.5,
      ),
    ),
  };
}

/**
 * Movement of their own of the liveliest fifth of the blocks around the face, and of the middle one in it, over the
 * face's width. A background that stands still and hair that only goes with the head both count as still.
 */
export function hairAgainstFace(
  footage: Footage,
  rest: Landmarks,
): { readonly hair: number; readonly face: number } {
  const samples = sampled(footage);
  const box = faceBox(rest);
  const width = box.x1 - box.x0;
  const height = box.y1 - box.y0;
  const size = Math.max(8, Math.round(width / 8));
  const around = clampBox(
    {
      x0: box.x0 - 0.55 * width,
      y0: box.y0 - 0.45 * height,
      x1: box.x1 + 0.55 * width,
      y1: box.y1 + 0.15 * height,
    },
    samples.first,
    2,
  );
  const cx = (box.x0 + box.x1) / 2;
  const cy = (box.y0 + box.y1) / 2;
  // 1 on the outline of the face, more outside.
  const far = (block: Box): number =>
    Math.hypot(
      ((block.x0 + block.x1) / 2 - cx) / (width / 2),
      ((block.y0 + block.y1) / 2 - cy) / (height / 2),
    );
  const blocks = tiles(around, size);
  const tracksOf = (chosen: readonly Box[]): BlockTrack[] =>
    chosen.flatMap((block) => track(samples, block) ?? []);
  const inFace = tracksOf(blocks.filter((block) => far(block) < 0.7));
  const head = commonMotion(inFace, samples.pyramids.length);
  const hair = tracksOf(blocks.filter((block) => far(block) > 1.12)).map((moved) => ownMotion(moved, head));
  const face = inFace.map((moved) => ownMotion(moved, head));
  return { hair: quantile(hair, 0.8) / width, face: quantile(face, 0.5) / width };
}

/** Movement of the liveliest place beside and below the face, over the face's width: a hand, when one waves. */
export function waving(footage: Footage, rest: Landmarks): number {
  const samples = sampled(footage);
  const box = faceBox(rest);
  const width = box.x1 - box.x0;
  const size = Math.max(8, Math.round(width / 4));
  const below = clampBox(
    { x0: 0, y0: box.y1 + 0.3 * (box.y1 - box.y0), x1: samples.first.width, y1: samples.first.height },
    samples.first,
    2,
  );
  return quantile(liveliness(samples, tiles(below, size)), 0.97) / width;
}

/** How still the upper corner farther from the face stays: worst frame against the first, and how far it moves. */
export function stillCorner(
  footage: Footage,
  rest: Landmarks,
): { readonly db: number; readonly moves: number } {
  const samples = sampled(footage);
  const { first } = samples;
  const { x0, x1 } = faceBox(rest);
  const side = 0.12 * Math.min(first.width, first.height);
  const inset = 0.03 * Math.min(first.width, first.height);
  const left = x0 > first.width - x1;
  const from = left ? inset : first.width - inset - side;
  const box = clampBox({ x0: from, y0: inset, x1: from + side, y1: inset + side }, first, 2);
  const db = Math.min(...footage.lumas.map((luma) => psnr(first, luma, box)));
  const moved = track(samples, box);
  const px = moved === null ? 0 : Math.max(...moved.dx.map((dx, k) => Math.hypot(dx, moved.dy[k] ?? 0)));
  return { db, moves: px / Math.min(first.width, first.height) };
}
