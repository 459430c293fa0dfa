const guid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Returns whether text has the form of the GUID of an app, such as `984992f6-3cfb-4417-9321-786ee5233e9c`. */
export function isGuid(text: string): boolean {
  return guid.test(text);
}
