import type { ContainerMetric } from "../gen/events/events.js";

/** The resources that a container uses, as in a gauge of v2. */
export interface ContainerValues {
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
  readonly memoryQuota: number;
  readonly diskQuota: number;
}

/**
 * Creates a container metric from a gauge's values. Byte counts are truncated to integers; negative
 * ones are taken modulo 2^64, and numbers outside of both int64 and uint64 become 2^63, as in
 * go-loggregator on x86-64.
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

/** Returns the index in an instance id; undefined if it is not an int32. */
export function instanceIndex(instanceId: string): number | undefined {
  if (!/^[+-]?\d+$/.test(instanceId)) {
    return undefined;
  }
  const index = Number(instanceId);
  // Removes the sign of "-0".
  return (index | 0) === index ? index | 0 : undefined;
}

function toUint64(value: number): bigint {
  const fits = value >= -(2 ** 63) && value < 2 ** 64;
  return fits ? BigInt.asUintN(64, BigInt(Math.trunc(value))) : 2n ** 63n;
}
