/** Whether a warning of TypeDoc is a fault. */
export function isFault(warning: string): boolean;
