import type { Envelope } from "@loggregator/api";

/**
 * The name of the source and the instance: `checkout/2 (prod)` for an app whose platform adds its
 * name and that of its space as tags, otherwise the source id and the instance.
 */
export function displayName(envelope: Envelope): string {
  const { instanceId, tags } = envelope;
  const app = appOf(envelope);
  if (app === undefined) {
    return sourceOf(envelope);
  }
  const space = tags["space_name"] ? ` (${tags["space_name"]})` : "";
  return `${instanceId === "" ? app : `${app}/${instanceId}`}${space}`;
}

/** The name of the app, if the platform adds it as a tag. */
export function appOf({ tags }: Envelope): string | undefined {
  return tags["app_name"] || undefined;
}

/** The id of the source, and the instance. */
export function sourceOf({ sourceId, instanceId }: Envelope): string {
  return instanceId === "" ? sourceId : `${sourceId}/${instanceId}`;
}
