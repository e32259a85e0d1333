export const CANONICAL_FACE: readonly number[] = [];
