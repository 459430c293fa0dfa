import { objectArgument } from "@loggregator/core";

/**
 * Checks that an argument is an envelope as far as every conversion needs it. One check of its tags
 * suffices for valid envelopes, as other values have none.
 *
 * @throws OptionTypeError if the argument or its `tags` are not an object.
 */
export function checkTags(name: string, envelope: { readonly tags: object }): void {
  const tags: unknown = envelope?.tags;
  if (typeof tags !== "object" || tags === null) {
    objectArgument(name, envelope);
    objectArgument(`${name}.tags`, tags);
  }
}
