/** Resource attributes of OpenTelemetry's semantic conventions, with the tags that they come from. */
export const resourceAttributes: readonly (readonly [attribute: string, tag: string])[] = [
  ["cloudfoundry.app.id", "app_id"],
  ["cloudfoundry.app.name", "app_name"],
  ["cloudfoundry.space.id", "space_id"],
  ["cloudfoundry.space.name", "space_name"],
  ["cloudfoundry.org.id", "organization_id"],
  ["cloudfoundry.org.name", "organization_name"],
  ["cloudfoundry.process.id", "process_id"],
  ["cloudfoundry.process.type", "process_type"],
];

/** The conventions' `service.name` of a service without a name. */
export const unknownService = "unknown_service";
