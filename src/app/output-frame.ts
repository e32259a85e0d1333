/** The size and crop of a clip, for the interface, which may not reach into core. */
export { outputFrame, type OutputFrame } from '../core/frame/output.ts';
