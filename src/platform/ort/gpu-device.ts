import { AppError } from '../../contracts/errors.ts';
import { adapterName } from './adapter.ts';

/** A graphics device that networks share. */
export interface OpenGpu {
  readonly device: GPUDevice;
  /** The adapter's own words. */
  readonly adapter: string;
  /** Resolves with ERR_GPU_LOST (retryable) once the device is gone, whatever was running on it. */
  readonly lost: Promise<AppError>;
}

/** What onnxruntime's shaders use where an adapter has it. */
const FEATURES: readonly GPUFeatureName[] = ['shader-f16', 'subgroups'];

/** Limits that grow with the networks. */
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
  'maxBindGroups',
] as const;

/**
 * Opens a device with all that the fastest adapter gives.
 * @returns null where there is no adapter.
 * @throws ERR_GPU_FAILED when the adapter gives no device.
 */
export async function openGpu(): Promise<OpenGpu | null> {
  if (!('gpu' in navigator)) return null;
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) return null;
  const name = adapterName(adapter.info);
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
    });
  } catch (cause) {
    throw new AppError('ERR_GPU_FAILED', `${name} gives no device`, {
      details: { adapter: name },
      retryable: true,
      cause,
    });
  }
  const lost = device.lost.then(
    ({ reason, message }) =>
      new AppError('ERR_GPU_LOST', `the graphics device was lost: ${message}`, {
        details: { adapter: name, reason },
        retryable: true,
      }),
  );
  return { device, adapter: name, lost };
}
