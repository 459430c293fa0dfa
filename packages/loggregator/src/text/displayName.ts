import type { Envelope } from "@loggregator/api";

/** The names of an app. */
export interface SourceName {
  readonly app: string;
  readonly space?: string | undefined;
}

/**
 * The name of the source and the instance: `checkout/2 (prod)` for an app whose platform adds its
 * name and that of its space as tags, otherwise the source id and the instance.
 *
 * @param names The names of apps without such tags, by their source ids.
 */
export function displayName(envelope: Envelope, names?: ReadonlyMap<string, SourceName>): string {
  const { sourceId, instanceId, tags } = envelope;
  const app = appOf(envelope);
  const name = app === undefined ? names?.get(sourceId) : { app, space: tags["space_name"] };
  if (name === undefined) {
    return sourceOf(envelope);
  }
  const space = name.space ? ` (${name.space})` : "";
  return `${instanceId === "" ? name.app : `${name.app}/${instanceId}`}${space}`;
}

/** The name of the app, if the platform adds it as a tag. */
export function appOf({ tags }: Envelope): string | undefined {
  return tags["app_name"] || undefined;
}

/** The id of the source, and the instance. */
export function sourceOf({ sourceId, instanceId }: Envelope): string {
  return instanceId === "" ? sourceId : `${sourceId}/${instanceId}`;
}
