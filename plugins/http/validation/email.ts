import { isIPv4 } from 'node:net'
import { domainToASCII } from 'node:url'
import { EMAIL_MAX_LENGTH, EMAIL_PATTERN } from '#schemas/email.ts'

const pattern = new RegExp(EMAIL_PATTERN, 'u')

/**
 * The one spelling in which an address is stored: lower case, the domain in its ASCII form, so that all spellings are one account.
 * @param email matches the pattern
 * @returns undefined if the domain has no ASCII form
 * @see https://unicode.org/reports/tr46/
 */
export function canonicalEmail(email: string): string | undefined {
  const at = email.lastIndexOf('@')
  const domain = domainToASCII(email.slice(at + 1))
  // A number as domain (1.2, 0x7f.1) comes out as an IP address, and the mail would go to another host.
  if (isIPv4(domain)) return undefined
  const canonical = `${email.slice(0, at)}@${domain}`.toLowerCase()
  return canonical.length <= EMAIL_MAX_LENGTH && pattern.test(canonical) ? canonical : undefined
}
