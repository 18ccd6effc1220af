import { PASSWORD_MIN_LENGTH } from '#schemas/credentials.ts'
import { errors } from '#schemas/errors.ts'

let loading: Promise<Set<string>> | undefined

/**
 * Rejects passwords that attackers try first, whatever the case of their letters. The list is loaded at the first call: the start stays
 * fast.
 * @throws passwordTooCommon
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
 */
export async function rejectCommon(password: string): Promise<void> {
  loading ??= load()
  const common = await loading
  const normalized = password.normalize('NFC')
  if (common.has(normalized) || common.has(normalized.toLowerCase())) throw errors.passwordTooCommon()
}

async function load(): Promise<Set<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary['passwords-common'].filter(({ length }) => length >= PASSWORD_MIN_LENGTH))
}
