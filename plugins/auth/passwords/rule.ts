import { Password } from '#schemas/credentials.ts'

const PATTERN = new RegExp(Password.pattern ?? '', 'u')

/** Does a password follow the rule for new ones? New passwords are checked by the schema; this is for those that may be older than the rule. */
export function followsRule(password: string, maxLength: number): boolean {
  const normalized = password.normalize('NFC')
  const length = [...normalized].length
  return length >= (Password.minLength ?? 0) && length <= maxLength && PATTERN.test(normalized)
}
