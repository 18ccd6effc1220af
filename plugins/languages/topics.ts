/**
 * The messages of each topic, typed by its English file. Code that uses a topic declares it:
 * `declare module '…/languages/topics.ts' { interface Topics { mails: typeof mails } }`, with `import type mails from '…/languages/en/mails.json'`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by those who use it
export interface Topics {}

/** The keys of a topic; any text where the topic is not declared. */
export type KeyOf<Topic extends string> = Topic extends keyof Topics ? keyof Topics[Topic] & string : string
