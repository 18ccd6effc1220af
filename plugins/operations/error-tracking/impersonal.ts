/** Messages of errors without what they may quote: a person's data, or a secret. */

const MESSAGE_MAX_LENGTH = 300

const REPLACEMENTS: [RegExp, string][] = [
  [/[^\s"'`<>(),;:=]+@[^\s"'`<>(),;:=]+/g, '[e-mail]'],
  // The rest of a URL after its host.
  [/(\bhttps?:\/\/[^\s/?#]+)[^\s]*/g, '$1/…'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '[ip]'],
  [/(?<![\w:])(?:[\da-f]{1,4}:|:){2,}[\da-f:.]*/gi, '[ip]'],
  // A token, a hash, a key: longer than a word, and with a digit in it.
  [/(?=[\w+/=-]*\d)[\w+/=-]{20,}(?:\.[\w+/=-]+)*/g, '[secret]'],
  // Numbers of phones and cards, and of users.
  [/\+?\d[\d ()-]{5,}\d/g, '[number]'],
]

/** What stands in quotes is often a value: "Duplicate entry '…'". One may have quotes in it, or have been cut off. */
const QUOTED = /(?<!\w)(["'`])(?:.*?(?<!\\)\1(?!\w)|.*$)/gs
/** A property's name. No password is one: it has a digit. */
const NAME = /^.[A-Za-z_$]+.$/

/** @returns the error's message without values; of a message that is not ours, without what it quotes; nothing of a SyntaxError */
export function impersonal(error: Error): string {
  // It quotes what could not be parsed, wherever that begins and ends.
  if (error instanceof SyntaxError) return '[…]'
  const text = error.message.slice(0, 10 * MESSAGE_MAX_LENGTH)
  const keepsNames = isOfLanguage(error)
  const unquoted = text.replace(QUOTED, quoted => (keepsNames && NAME.test(quoted) ? quoted : '[…]'))
  const clean = REPLACEMENTS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), unquoted)
  return clean.slice(0, MESSAGE_MAX_LENGTH)
}

/** "Cannot read properties of undefined (reading 'x')". Those of Node have a code, and quote what they were given. */
function isOfLanguage(error: Error): boolean {
  return (error.name === 'TypeError' || error.name === 'ReferenceError') && !('code' in error)
}
