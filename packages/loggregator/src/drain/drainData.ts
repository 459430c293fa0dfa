/** The values of the parameter `drain-data` in the URL of a drain. */
export const drainDataChoices = ["logs", "metrics", "traces", "all"] as const;

export type DrainData = (typeof drainDataChoices)[number];
