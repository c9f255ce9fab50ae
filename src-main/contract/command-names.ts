/** The commands of `think2seg`, in the order in which its help lists them. */
export const commandNames = ['segment', 'batch', 'serve', 'info', 'evaluate', 'pack', 'doctor', 'demo'] as const;

export type CommandName = (typeof commandNames)[number];
