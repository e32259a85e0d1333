/** A grid of a single-shot detector: cells a side and anchors a cell. */
export interface AnchorGrid {
  readonly cells: number;
  readonly perCell: number;
}

/**
 * Grids of the face detector's 128 px short-range network, 896 anchors.
 *
 * @source BlazeFace, arXiv:1907.05047, section 3.
 */
export const FACE_GRIDS: readonly AnchorGrid[] = [
  { cells: 16, perCell: 2 },
  { cells: 8, perCell: 6 },
];

/** Grids of the 192 px palm detector, 2016 anchors. @source MediaPipe Hands, arXiv:2006.10214 */
export const PALM_GRIDS: readonly AnchorGrid[] = [
  { cells: 24, perCell: 2 },
  { cells: 12, perCell: 6 },
];

/** Grids of the 224 px person detector, 2254 anchors. @source BlazePose, arXiv:2006.10204 */
export const POSE_GRIDS: readonly AnchorGrid[] = [
  { cells: 28, perCell: 2 },
  { cells: 14, perCell: 2 },
  { cells: 7, perCell: 6 },
];

/**
 * Anchor centres (x, y) in 0…1, grid after grid, row by row, anchors of one cell together. Anchors have no size of their
 * own: boxes are regressed in fractions of the input.
 */
export function anchorCentres(grids: readonly AnchorGrid[]): Float32Array {
  const total = grids.reduce((sum, grid) => sum + grid.cells * grid.cells * grid.perCell, 0);
  const out = new Float32Array(2 * total);
  let at = 0;
  for (const { cells, perCell } of grids) {
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        for (let k = 0; k < perCell; k++) {
          out[at++] = (x + 0.5) / cells;
          out[at++] = (y + 0.5) / cells;
        }
      }
    }
  }
  return out;
}
