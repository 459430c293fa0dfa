import type { ContainerMetric } from "../gen/events/events.js";

/** What a container uses, as a gauge of v2 has it. */
export interface ContainerValues {
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
  readonly memoryQuota: number;
  readonly diskQuota: number;
}

/**
 * The container metric with a gauge's values. Bytes lose their fraction; negative ones are written
 * modulo 2^64, and what fits in neither an int64 nor an uint64 is 2^63, as in the reference on the
 * processors it mostly runs on.
 */
export function containerMetric(
  applicationId: string,
  instanceIndex: number,
  values: ContainerValues,
): ContainerMetric {
  return {
    applicationId,
    instanceIndex,
    cpuPercentage: values.cpu,
    memoryBytes: toUint64(values.memory),
    diskBytes: toUint64(values.disk),
    memoryBytesQuota: toUint64(values.memoryQuota),
    diskBytesQuota: toUint64(values.diskQuota),
  };
}

/** The index that an instance id is; undefined for one that is no whole number within an int32. */
export function instanceIndex(instanceId: string): number | undefined {
  if (!/^[+-]?\d+$/.test(instanceId)) return undefined;
  const index = Number(instanceId);
  // Without the sign of "-0".
  return (index | 0) === index ? index | 0 : undefined;
}

function toUint64(value: number): bigint {
  const fits = value >= -(2 ** 63) && value < 2 ** 64;
  return fits ? BigInt.asUintN(64, BigInt(Math.trunc(value))) : 2n ** 63n;
}
