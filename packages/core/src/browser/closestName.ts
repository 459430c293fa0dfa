/**
 * Browser replacement for `../options/closestName.ts`. Suggests nothing, because that code would
 * add 2 % to the gateway client; the message lists the known names instead.
 */
export function closestName(): undefined {}
