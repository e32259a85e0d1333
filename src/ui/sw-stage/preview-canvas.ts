import type { App } from '../../contracts/app.api.ts';

/** Longest side of the live preview in device pixels; more is not seen and costs frames. */
const SIDE_MAX_PX = 1280;

/**
 * The one canvas of the live preview and its lending to the application.
 *
 * A canvas can be lent only once, so each picture, and each loss of the renderer, gets a new one. Frames lie over the
 * still picture, so that nothing flashes before the first one is drawn.
 */
export class PreviewCanvas {
  #canvas: HTMLCanvasElement | null = null;
  #pictureId = '';
  #app: App | null = null;
  #end: (() => void) | null = null;
  #playing: boolean | null = null;

  /** Puts the canvas of a picture into its holder. `onLost` asks for another call. */
  show(app: App, holder: HTMLElement, pictureId: string, onLost: () => void): void {
    if (this.#canvas !== null && this.#pictureId === pictureId && this.#app === app) {
      if (this.#canvas.parentElement !== holder) holder.append(this.#canvas);
      return;
    }
    this.end();
    const canvas = document.createElement('canvas');
    canvas.setAttribute('aria-hidden', 'true');
    holder.append(canvas);
    const box = holder.getBoundingClientRect();
    const side = Math.ceil(Math.max(box.width, box.height, 160) * Math.min(2, devicePixelRatio));
    this.#canvas = canvas;
    this.#pictureId = pictureId;
    this.#app = app;
    this.#end = app.attachPreview(canvas, {
      maxSidePx: Math.min(SIDE_MAX_PX, side),
      onLost: () => {
        if (this.#canvas !== canvas) return;
        this.end();
        onLost();
      },
    });
  }

  /** Moves or stands still. */
  play(playing: boolean): void {
    if (this.#app === null || this.#playing === playing) return;
    this.#playing = playing;
    this.#app.pausePreview(!playing);
  }

  /** Takes the canvas away. */
  end(): void {
    this.#end?.();
    this.#canvas?.remove();
    this.#canvas = null;
    this.#end = null;
    this.#app = null;
    this.#playing = null;
    this.#pictureId = '';
  }
}
