import type { FlowMachine, FlowMeasureRequest } from '../../src/contracts/render.api.ts';
import { isSameMachine, lookAtMachine } from '../../src/platform/ort/machine.ts';
import { probeProvider } from '../../src/platform/ort/probe.ts';

async function speedOn(provider: FlowMachine['provider'], wasmUrl: string): Promise<number | null> {
  try {
    return (await probeProvider(provider, wasmUrl)).speed;
  } catch {
    return null;
  }
}

/**
 * Looks at the machine and runs a graph for half a second. A graphics card that fails at it is answered as `wasm`; where
 * nothing runs, the runtime's files being out of reach, `probe` is null. Never rejects.
 */
export async function measureMachine({ wasmUrl, provider, known }: FlowMeasureRequest): Promise<FlowMachine> {
  const facts = await lookAtMachine(provider);
  if (known && known.probe !== null && isSameMachine(known, facts)) return known;
  const probe = await speedOn(facts.provider, wasmUrl);
  if (probe !== null || facts.provider === 'wasm') return { ...facts, probe };
  return { ...(await lookAtMachine('wasm')), probe: await speedOn('wasm', wasmUrl) };
}
