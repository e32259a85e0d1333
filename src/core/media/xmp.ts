/** What a clip says about itself (V4). */
export interface ClipMark {
  /** Last part of the IPTC digital source type's address. */
  readonly sourceType: 'trainedAlgorithmicMedia' | 'compositeWithTrainedAlgorithmicMedia';
  /** Name and version of what made it. */
  readonly creatorTool: string;
  readonly title: string;
  /** The settings as JSON text; null leaves title and settings out, so that the mark alone is written. */
  readonly settings: string | null;
}

/** Start of every digital source type's address. @source https://cv.iptc.org/newscodes/digitalsourcetype/ */
export const SOURCE_TYPE_BASE = 'http://cv.iptc.org/newscodes/digitalsourcetype/';
/** Namespace of the clip's own properties. */
export const STILLWAKE_NAMESPACE = 'https://stillwake.app/ns/1.0/';

/** Text as XML character data: what XML can't carry becomes U+FFFD. */
function xmlText(text: string): string {
  let out = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '&') out += '&amp;';
    else if (character === '<') out += '&lt;';
    else if (character === '>') out += '&gt;';
    else if (character === '"') out += '&quot;';
    else if (code === 13 || code === 9 || code === 10) out += `&#${code};`;
    else if (code < 32 || (code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff)
      out += '\ufffd';
    else out += character;
  }
  return out;
}

/**
 * The XMP packet of a clip, as text to be written in UTF-8.
 *
 * @source IPTC Photo and Video Metadata, "Digital Source Type"; XMP specification part 1, 7
 */
export function clipXmp(mark: ClipMark): string {
  const own =
    mark.settings === null
      ? ''
      : `
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">${xmlText(mark.title)}</rdf:li></rdf:Alt></dc:title>
   <stillwake:settings>${xmlText(mark.settings)}</stillwake:settings>`;
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:stillwake="${STILLWAKE_NAMESPACE}">
   <Iptc4xmpExt:DigitalSourceType>${SOURCE_TYPE_BASE}${mark.sourceType}</Iptc4xmpExt:DigitalSourceType>
   <xmp:CreatorTool>${xmlText(mark.creatorTool)}</xmp:CreatorTool>${own}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>`;
}
