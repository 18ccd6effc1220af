/** Marks of formatting, fillers, and what fonts draw as nothing. @see https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point */
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u

/** Would nobody see the text? */
export const isBlank = (text: string): boolean => !VISIBLE.test(text)

/** The same with null for blank texts. */
export function withoutBlanks<Fields extends object>(fields: Fields): Fields {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'string' && isBlank(value) ? null : value,
  ])
  return Object.fromEntries(entries)
}
