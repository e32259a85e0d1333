import { html, svg, type PropertyValues, type TemplateResult } from 'lit';
import type { FacePoints } from '../../contracts/perception.ts';
import { define, SwElement } from '../lib/element.ts';
import { vars } from '../lib/vars.ts';
import { sharedStyles } from '../shared.styles.ts';
import { percent } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import { pointsStyles } from './sw-points.styles.ts';

type Name = keyof FacePoints;
type Fractions = Readonly<Record<Name, readonly [number, number]>>;
const NAMES: readonly Name[] = ['eyeLeft', 'eyeRight', 'nose', 'mouthLeft', 'mouthRight'];
/** Where the points lie before they are placed: a face in the upper middle. Fractions of the picture. */
const START: Fractions = {
  eyeLeft: [0.42, 0.36],
  eyeRight: [0.58, 0.36],
  nose: [0.5, 0.46],
  mouthLeft: [0.44, 0.55],
  mouthRight: [0.56, 0.55],
};
/** One arrow key, in fractions; with Shift ten times that. */
const STEP = 0.004;

/**
 * Five points over a picture, to be dragged or moved with the arrow keys.
 *
 * Fills its positioned parent, which has the picture's own shape. Sides are the picture's: left is its left edge.
 *
 * @element sw-points
 * @csspart point one point
 */
export class SwPoints extends SwElement {
  static override styles = [sharedStyles, pointsStyles];
  static override properties = {
    points: { attribute: false },
    width: { type: Number },
    height: { type: Number },
    at: { state: true },
  };
  /** Points in pixels of the picture, or null before any were placed. */
  declare points: FacePoints | null;
  /** Size of the picture in pixels. */
  declare width: number;
  declare height: number;
  declare protected at: Fractions;

  constructor() {
    super();
    this.points = null;
    this.width = 1;
    this.height = 1;
    this.at = START;
  }

  /** The points as they lie now, pixels of the picture. */
  get value(): FacePoints {
    const px = (name: Name): [number, number] => [
      this.at[name][0] * this.width,
      this.at[name][1] * this.height,
    ];
    return {
      eyeLeft: px('eyeLeft'),
      eyeRight: px('eyeRight'),
      nose: px('nose'),
      mouthLeft: px('mouthLeft'),
      mouthRight: px('mouthRight'),
    };
  }

  override focus(): void {
    this.renderRoot.querySelector('button')?.focus();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('points') || this.points === null) return;
    const { points, width, height } = this;
    const fraction = (name: Name): readonly [number, number] => [
      points[name][0] / width,
      points[name][1] / height,
    ];
    this.at = {
      eyeLeft: fraction('eyeLeft'),
      eyeRight: fraction('eyeRight'),
      nose: fraction('nose'),
      mouthLeft: fraction('mouthLeft'),
      mouthRight: fraction('mouthRight'),
    };
  }

  #move(name: Name, x: number, y: number): void {
    const inside = (value: number): number => Math.min(1, Math.max(0, value));
    this.at = { ...this.at, [name]: [inside(x), inside(y)] };
  }

  #onPointer(name: Name, event: PointerEvent): void {
    if (!(event.currentTarget instanceof HTMLElement)) return;
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId);
    else if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const box = this.getBoundingClientRect();
    this.#move(name, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  #onKey(name: Name, event: KeyboardEvent): void {
    const step = STEP * (event.shiftKey ? 10 : 1);
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const by = moves[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#move(name, this.at[name][0] + by[0], this.at[name][1] + by[1]);
  }

  protected override render(): TemplateResult {
    const p = (name: Name): string => `${this.at[name][0] * 100} ${this.at[name][1] * 100}`;
    return html`
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        ${svg`<path d="M${p('eyeLeft')} L${p('eyeRight')} L${p('mouthRight')} L${p('mouthLeft')} Z M${p('eyeLeft')} L${p('nose')} L${p('eyeRight')}"></path>`}
      </svg>
      ${NAMES.map((name) => {
        const [x, y] = this.at[name];
        return html`<button
          class="point"
          part="point"
          type="button"
          aria-label=${t('points.at', { name: t(`points.${name}`), x: percent(x), y: percent(y) })}
          ${vars({ '--x': `${x * 100}%`, '--y': `${y * 100}%` })}
          @pointerdown=${(event: PointerEvent) => this.#onPointer(name, event)}
          @pointermove=${(event: PointerEvent) => this.#onPointer(name, event)}
          @keydown=${(event: KeyboardEvent) => this.#onKey(name, event)}
        >
          <span class="tag" aria-hidden="true">${t(`points.${name}`)}</span>
        </button>`;
      })}
    `;
  }
}

define('sw-points', SwPoints);

declare global {
  interface HTMLElementTagNameMap {
    'sw-points': SwPoints;
  }
}
