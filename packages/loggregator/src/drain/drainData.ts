/** What a drain sends, as the parameter `drain-data` of its URL names it. */
export const drainDataChoices = ["logs", "metrics", "traces", "all"] as const;

export type DrainData = (typeof drainDataChoices)[number];
