import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { progressMeter, type ProgressEvent } from './progress.ts';

describe('the progress of a clip', () => {
  it('tells the time left within a tenth at a steady pace', () => {
    const meter = progressMeter();
    meter.update({ stage: 'prepare' }, 0);
    for (let done = 1; done <= 60; done += 1) {
      meter.update({ stage: 'render', done, total: 120 }, 1000 + done * 50);
      meter.update({ stage: 'encode', done, total: 120 }, 1000 + done * 50);
    }
    const half = meter.update({ stage: 'encode', done: 61, total: 120 }, 1000 + 61 * 50);
    const leftS = ((120 - 61) * 50 + 120 * 0.15 * 50) / 1000;
    expect(half.stage).toBe('render');
    expect(Math.abs((half.etaS ?? 0) - leftS)).toBeLessThan(leftS / 10);
    const verifying = meter.update({ stage: 'verify', done: 0, total: 120 }, 8000);
    expect(verifying.etaS).toBeCloseTo(120 * 0.15 * 0.05, 1);
  });

  it('says no time before it knows one', () => {
    const meter = progressMeter();
    expect(meter.update({ stage: 'prepare' }, 0).etaS).toBeNull();
    expect(meter.update({ stage: 'render', done: 1, total: 90 }, 900).etaS).toBeNull();
    expect(meter.update({ stage: 'encode', done: 1, total: 90 }, 950).etaS).toBeNull();
    expect(meter.update({ stage: 'encode', done: 2, total: 90 }, 1000).etaS).toBeNull();
  });

  it('forgets a pause', () => {
    const meter = progressMeter();
    const encode = (done: number, atMs: number): number | null =>
      meter.update({ stage: 'encode', done, total: 1000 }, atMs).etaS;
    for (let done = 0; done < 10; done += 1) encode(done, done * 50);
    // An hour in a hidden tab.
    let latest: number | null = null;
    for (let done = 10; done < 200; done += 1) latest = encode(done, 3_600_000 + done * 50);
    expect(latest).not.toBeNull();
    expect(latest ?? Infinity).toBeLessThan(60);
  });

  it('tells the time left of a flow pack from the pace of its steps, however long they take', () => {
    const meter = progressMeter();
    meter.update({ stage: 'prepare' }, 0);
    const step = (progress: number, atS: number): ReturnType<typeof meter.update> =>
      meter.update({ stage: 'model', progress }, 1000 * atS);
    expect(step(0.01, 5).etaS).toBeNull();
    step(0.11, 25);
    step(0.21, 45);
    const { stage, progress, etaS } = step(0.31, 65);
    expect(stage).toBe('render');
    expect(etaS).toBeCloseTo(0.69 * 200);
    expect(progress).toBeGreaterThan(0.25);
    // Frames are encoded beside it: what they say is no news of the job.
    expect(meter.update({ stage: 'encode', done: 9, total: 90 }, 66_000)).toEqual({ stage, progress, etaS });
    const drawn = step(1, 200);
    expect(drawn).toMatchObject({ etaS: 0 });
    expect(drawn.progress).toBeGreaterThan(0.9);
    expect(meter.update({ stage: 'verify', done: 90, total: 90 }, 201_000).progress).toBeGreaterThan(
      drawn.progress,
    );
  });

  it('takes steps that were found done for no pace', () => {
    const meter = progressMeter();
    meter.update({ stage: 'model', progress: 0.02 }, 0);
    expect(meter.update({ stage: 'model', progress: 0.6 }, 10).etaS).toBeNull();
    expect(meter.update({ stage: 'model', progress: 0.7 }, 10_010).etaS).toBeCloseTo(30);
  });

  it('never goes back and never leaves 0 to 1, whatever comes', () => {
    const frames = fc.record({
      stage: fc.constantFrom('render' as const, 'encode' as const, 'verify' as const),
      done: fc.nat({ max: 200 }),
      total: fc.nat({ max: 150 }),
    });
    const plain = fc.constantFrom<ProgressEvent>({ stage: 'prepare' }, { stage: 'save' });
    const model = fc.record({
      stage: fc.constant('model' as const),
      progress: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(frames, plain, model), fc.nat({ max: 5000 }))), (events) => {
        const meter = progressMeter();
        let before = 0;
        let atMs = 0;
        for (const [event, passedMs] of events) {
          atMs += passedMs;
          const { progress, etaS } = meter.update(event, atMs);
          expect(progress).toBeGreaterThanOrEqual(before);
          expect(progress).toBeLessThanOrEqual(1);
          expect(etaS === null || etaS >= 0).toBe(true);
          before = progress;
        }
      }),
    );
  });
});
