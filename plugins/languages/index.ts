// app.languages: what pages and mails say, in each language. A folder here is a language, a file in it a topic; both are found, and read when first used.
import fp from 'fastify-plugin'
import { DEFAULT_LANGUAGE, format, languagesFound, messagesOf, type Values } from './messages.ts'
import { lookUp, preferencesIn } from './preferences.ts'

export type { Values }

declare module 'fastify' {
  interface FastifyInstance {
    languages: Languages
  }
}

export interface Languages {
  /** The tags of all languages (BCP 47), the default first. */
  readonly available: readonly string[]
  /** How a language calls itself: `Deutsch`. */
  nameOf(language: string): string
  /**
   * The language that fits best. Each preference is a tag or a list as in `Accept-Language`; an earlier one counts more, and those that are absent or
   * serve no language are skipped.
   */
  choose(...preferences: (string | null | undefined)[]): string
  /** What a topic has messages for. */
  keysOf(topic: string): string[]
  /** Says things in a language; of several topics, the first that has the key. */
  translator(language: string, ...topics: string[]): Translate
}

/** The message with this key, `{name}` in it replaced by the value of that name. Unescaped: it is text. */
export type Translate = (key: string, values?: Values) => string

export default fp(
  async app => {
    app.decorate('languages', {
      get available() {
        return languagesFound()
      },
      nameOf(language) {
        const name = new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language
        return name.charAt(0).toLocaleUpperCase(language) + name.slice(1)
      },
      choose(...preferences) {
        for (const tag of preferences.flatMap(preference => preferencesIn(preference ?? ''))) {
          const language = lookUp(tag, languagesFound())
          if (language) return language
        }
        return DEFAULT_LANGUAGE
      },
      keysOf: topic => Object.keys(messagesOf(DEFAULT_LANGUAGE, topic)),
      translator:
        (language, ...topics) =>
        (key, values = {}) => {
          for (const spoken of [language, DEFAULT_LANGUAGE])
            for (const topic of topics) {
              const messages = messagesOf(spoken, topic)
              if (Object.hasOwn(messages, key)) return format(messages[key] ?? '', spoken, values)
            }
          return key
        },
    })
  },
  { name: 'languages' },
)
