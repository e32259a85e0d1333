import { noChange } from 'lit';
import { Directive, directive, PartType, type ElementPart, type PartInfo } from 'lit/directive.js';

/** Sets style properties through the CSS object model, which a strict `style-src` allows where a `style` attribute is refused. */
class VarsDirective extends Directive {
  constructor(info: PartInfo) {
    super(info);
    if (info.type !== PartType.ELEMENT) throw new TypeError('vars() belongs on an element');
  }

  override render(_values: Readonly<Record<string, string>>): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [values]: [Readonly<Record<string, string>>]): typeof noChange {
    const { element } = part;
    if (element instanceof HTMLElement || element instanceof SVGElement) {
      for (const [name, value] of Object.entries(values)) element.style.setProperty(name, value);
    }
    return noChange;
  }
}

/** `<div ${vars({ '--x': '10%' })}>`: custom properties and styles of one element. */
export const vars = directive(VarsDirective);
