/** The message files: a folder is a language, a file in it a topic. Nothing is read before it is needed, and each file once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A text, or the forms of one that depend on `{count}`, by the categories of Intl.PluralRules. */
export type Message = string | { other: string; [category: string]: string }
export type Messages = Readonly<Record<string, Message>>

export type Values = Readonly<Record<string, string | number>>

/** What is missing in another language is said in this one. */
export const DEFAULT_LANGUAGE = 'en'

let languages: string[] | undefined
const topics = new Map<string, Messages>()

/** Tags of all languages, the default first. */
export function languagesFound(): readonly string[] {
  languages ??= readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => name)
    .sort((a, b) => Number(b === DEFAULT_LANGUAGE) - Number(a === DEFAULT_LANGUAGE) || (a < b ? -1 : 1))
  return languages
}

/** The messages of a topic, which may have none in this language. Those in the folder of that name belong to it, too: a capability has a file there. */
export function messagesOf(language: string, topic: string): Messages {
  const name = `${language}/${topic}`
  const messages = topics.get(name) ?? readTopic(join(import.meta.dirname, name))
  topics.set(name, messages)
  return messages
}

function readTopic(path: string): Messages {
  if (!existsSync(`${path}.json`)) return {}
  const more = existsSync(path) ? readdirSync(path).map(file => join(path, file)) : []
  return Object.assign({}, ...[`${path}.json`, ...more].map(file => JSON.parse(readFileSync(file, 'utf8'))))
}

/** Inserts the values for `{name}`, as they are: templates escape. */
export function format(message: Message, language: string, values: Values): string {
  return formOf(message, language, values.count).replace(/\{(\w+)\}/g, (placeholder, name) =>
    String(Object.hasOwn(values, name) ? values[name] : placeholder),
  )
}

function formOf(message: Message, language: string, count: string | number | undefined): string {
  if (typeof message === 'string') return message
  return message[new Intl.PluralRules(language).select(Number(count))] ?? message.other
}
