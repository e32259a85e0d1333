import { html, nothing, type TemplateResult } from 'lit';
import type { ShownError } from '../../contracts/app.api.ts';
import { flowConstants, FLOW_GRAPHS, type FlowConstants } from '../../contracts/flow.ts';
import type { Pack } from '../../contracts/pack.ts';
import type { KeptPack, PackOrigin, PackTrust } from '../../contracts/packs.api.ts';
import type { FlowMachine } from '../../contracts/render.api.ts';
import { errorSentence } from '../errors.ts';
import { bytes, secondsShort } from '../strings/format.ts';
import '../strings/packs-strings.ts';
import { number, t } from '../strings/strings.ts';

/** `ID/VERSION`, as the state's verdicts are kept by. */
export function packKey(pack: Pick<Pack, 'id' | 'version'>): string {
  return `${pack.id}/${pack.version}`;
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const amount = (value: unknown): string | null => (typeof value === 'number' ? bytes(value) : null);

/** What went wrong with a pack and what to do, for the page of packs; the code itself is not shown. */
export function packErrorSentence(error: ShownError): string {
  const { code, details } = error;
  const file = text(details['file']);
  switch (code) {
    case 'ERR_MODEL_UNREACHABLE':
      return details['why'] === 'policy'
        ? t('packs.error.policy', { origin: text(details['origin']) ?? '' })
        : t('packs.error.ERR_MODEL_UNREACHABLE');
    case 'ERR_MODEL_MISSING':
      if (file !== null && file !== 'pack.json') return t('packs.error.missingFile', { file });
      return details['from'] === undefined ? t('packs.error.ERR_MODEL_MISSING') : t('packs.error.gone');
    case 'ERR_MODEL_DAMAGED':
      return file === null || file === 'pack.json'
        ? t('packs.error.ERR_MODEL_DAMAGED')
        : t('packs.error.damagedFile', { file });
    case 'ERR_STORE_QUOTA': {
      const need = amount(details['needBytes']);
      const free = amount(details['freeBytes']);
      // The browser's own count of what is free may say more than it then gives.
      return need === null || free === null || free >= need
        ? t('packs.error.quota')
        : t('packs.error.ERR_STORE_QUOTA', { need, free });
    }
    case 'ERR_MODEL_CHANGED':
    case 'ERR_MODEL_UNSAFE':
    case 'ERR_MODEL_SIGNATURE':
    case 'ERR_MODEL_BUSY':
    case 'ERR_INPUT_ARGUMENT':
      return t(`packs.error.${code}`);
    default:
      return errorSentence(error);
  }
}

/** What a pack's signature is worth, in words. */
export function trustLine({
  trust,
  keyId,
}: {
  readonly trust: PackTrust;
  readonly keyId: string | null;
}): string {
  return trust === 'unsigned' ? t('packs.trust.unsigned') : t(`packs.trust.${trust}`, { key: keyId ?? '' });
}

/** Where a pack comes from, in words. */
export function originLine(from: PackOrigin | KeptPack['from']): string {
  if (from.kind === 'url') return from.url;
  if (from.kind === 'zip' && 'file' in from) return t('packs.from.zip', { name: from.file.name });
  return from.kind === 'zip' ? t('packs.from.anyZip') : t('packs.from.folder');
}

/** A pack's own words of an address are a link only where they are one. */
function sourceOf(source: string): TemplateResult | string {
  const url = URL.parse(source);
  return url !== null && /^https?:$/.test(url.protocol)
    ? html`<a href=${url.href} target="_blank" rel="noopener noreferrer">${source}</a>`
    : source;
}

/** One line of a list of facts. */
export function fact(name: string, value: TemplateResult | string): TemplateResult {
  return html`<dt>${name}</dt>
    <dd dir="auto">${value}</dd>`;
}

function constantsOf(pack: Pack): FlowConstants | null {
  try {
    return flowConstants(pack);
  } catch {
    return null;
  }
}

function halfLine(pack: Pack, machine: FlowMachine | null): string {
  const half = pack.graphs.some(
    ({ dtype, inputs, outputs }) =>
      dtype === 'fp16' || [...inputs, ...outputs].some(({ type }) => type === 'float16'),
  );
  if (!half) return t('packs.fact.full');
  if (machine === null) return t('packs.fact.half');
  return machine.shaderF16 ? t('packs.fact.halfHere') : t('packs.fact.halfMissing');
}

/** What a pack draws, reads and needs. */
export function needFacts(pack: Pack, machine: FlowMachine | null): TemplateResult {
  const constants = constantsOf(pack);
  const { memoryBytes } = pack.limits;
  const largest = constants?.sizes.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a));
  const reads = constants?.text.tokenizer && pack.graphs.some(({ id }) => id === FLOW_GRAPHS.textEncoder);
  const whole = { useGrouping: false };
  return html`${
    constants === null || largest === undefined
      ? nothing
      : fact(
          t('packs.fact.draws'),
          t('packs.fact.drawsUpTo', {
            width: number(largest.width, whole),
            height: number(largest.height, whole),
            seconds: secondsShort(largest.frames / constants.fps),
          }),
        )
  }
  ${fact(t('packs.fact.prompts'), reads ? t('packs.fact.promptsYes') : t('packs.fact.promptsNo'))}
  ${
    memoryBytes === undefined
      ? nothing
      : fact(t('packs.fact.memory'), t('packs.fact.memoryBytes', { size: bytes(memoryBytes) }))
  }
  ${fact(t('packs.fact.graphics'), halfLine(pack, machine))}
  ${fact(t('packs.fact.quality'), t(`packs.quality.${pack.tier}`))}
  ${fact(t('packs.fact.source'), sourceOf(pack.source))}`;
}

/** A pack's licence by name, with its text to open. */
export function licenceText({ licence }: Pack): TemplateResult {
  return html`<details class="licence">
    <summary><sw-icon name="plus"></sw-icon>${t('packs.licence.read')}</summary>
    <pre dir="auto" tabindex="0">${licence.text}</pre>
  </details>`;
}
