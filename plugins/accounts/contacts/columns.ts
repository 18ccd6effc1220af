/** What is stored of a contact besides what was typed: how it is found, and where it stands in lists. */
import type { ContactFields } from '#schemas/contacts.ts'

/** Letters that have no decomposition into a base letter and an accent. */
const LETTERS: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
}

/** Code points, as the columns have them. */
const SORT_KEY_MAX = 50
const SEARCH_MAX = 1000
/** Words of a search. */
const TERMS_MAX = 8

/** Text without case, accents and width: `Müller-Straße` is `muller-strasse`. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[ßæœøđðłþıς]/g, letter => LETTERS[letter] ?? letter)
    .normalize('NFKC')
}

const digitsOf = (phone: string) => phone.normalize('NFKC').replace(/\D/g, '')
const cut = (text: string, max: number) => [...text].slice(0, max).join('')

export function columnsOf({ first_name, last_name, email, phone_number, birthday }: ContactFields) {
  const found = [first_name, last_name, email, phone_number, digitsOf(phone_number ?? '')]
  const name = [last_name, first_name].filter(Boolean).join(' ')
  return {
    birthday_day: birthday === null ? null : Number(birthday.slice(-5).replace('-', '')),
    sort_key: cut(fold(name || email || phone_number || '').trim(), SORT_KEY_MAX),
    search: cut(fold(found.filter(Boolean).join('\n')), SEARCH_MAX),
  }
}

/** What a search looks for: each word, or the digits of a phone number, however it was grouped. */
export function termsOf(q: string): string[] {
  if (/^[+\d\s()./-]*\d[\d\s()./-]*$/.test(q)) return [digitsOf(q)]
  return fold(q).split(/\s+/).filter(Boolean).slice(0, TERMS_MAX)
}
