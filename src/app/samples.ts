import * as v from 'valibot';
import type { SampleInfo } from '../contracts/app.api.ts';
import { AppError } from '../contracts/errors.ts';

/** Shape of `samples/samples.json`; fields that the interface doesn't use are passed over. */
const samplesSchema = v.array(
  v.object({
    id: v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/u)),
    /** A name in the same folder, never a way out of it. */
    file: v.pipe(v.string(), v.regex(/^[\w.-]+$/u)),
    title: v.string(),
    kind: v.picklist(['portrait', 'illustration', 'animal', 'landscape', 'painting']),
    alt: v.string(),
    width: v.number(),
    height: v.number(),
    source: v.string(),
    licence: v.string(),
  }),
);

/** Reads the list of samples; an application without samples is whole, so that any failure gives none. */
export async function readSamples(baseUrl: string): Promise<readonly SampleInfo[]> {
  try {
    const response = await fetch(new URL('samples/samples.json', baseUrl));
    if (!response.ok) return [];
    const parsed = v.safeParse(samplesSchema, await response.json());
    return parsed.success ? parsed.output : [];
  } catch {
    return [];
  }
}

/**
 * Fetches a sample's picture.
 *
 * @throws ERR_INPUT_NOT_FOUND
 */
export async function fetchSample(baseUrl: string, sample: SampleInfo): Promise<Blob> {
  const missing = (cause?: unknown): AppError =>
    new AppError('ERR_INPUT_NOT_FOUND', `${sample.file} could not be fetched`, { cause, retryable: true });
  try {
    const response = await fetch(new URL(`samples/${sample.file}`, baseUrl));
    if (!response.ok) throw missing();
    return await response.blob();
  } catch (cause) {
    throw cause instanceof AppError ? cause : missing(cause);
  }
}
