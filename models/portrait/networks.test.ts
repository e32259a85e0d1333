import { describe, expect, test } from 'vitest';
import { FACE_GRIDS, PALM_GRIDS, POSE_GRIDS, anchorCentres } from '../../src/core/perceive/anchors.ts';
import { GRAPHS } from '../../src/core/perceive/graphs.ts';
import { CONSTANTS } from './constants.ts';
import { NETWORKS } from './networks.ts';

describe('what perception expects is what the pack has', () => {
  test.each(Object.values(GRAPHS))('$name', ({ name, side, range }) => {
    const network = NETWORKS.find(({ id }) => id === name);
    expect(network).toMatchObject({ side, range });
  });

  test.each([
    ['face-detection', FACE_GRIDS],
    ['hand-detection', PALM_GRIDS],
    ['pose-detection', POSE_GRIDS],
  ] as const)('anchors of %s', (id, grids) => {
    const anchors = CONSTANTS.anchors[id];
    if (!anchors) throw new Error(`no anchors of ${id}`);
    const centres: number[] = [];
    anchors.strides.forEach((stride, layer) => {
      if (layer > 0 && anchors.strides[layer - 1] === stride) return;
      const cells = anchors.inputPx / stride;
      const layers = anchors.strides.filter((other) => other === stride).length;
      for (let y = 0; y < cells; y++)
        for (let x = 0; x < cells; x++)
          for (let k = 0; k < layers * anchors.perCell; k++)
            centres.push((x + anchors.offset) / cells, (y + anchors.offset) / cells);
    });
    expect(anchorCentres(grids)).toEqual(Float32Array.from(centres));
  });
});
