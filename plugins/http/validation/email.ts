import { isIPv4 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'
import { DOT_ATOM_PATTERN, EMAIL_MAX_LENGTH, EMAIL_PATTERN } from '#schemas/email.ts'

const pattern = new RegExp(EMAIL_PATTERN, 'u')
const dotAtom = new RegExp(DOT_ATOM_PATTERN)

/**
 * The one spelling in which an address is stored: lower case, the local part quoted only where it must be, the domain in its ASCII form, so that all spellings are one account.
 * @param email matches the pattern
 * @returns undefined if the domain has no ASCII form
 * @see https://unicode.org/reports/tr46/
 */
export function canonicalEmail(email: string): string | undefined {
  const at = email.lastIndexOf('@')
  const domain = domainToASCII(email.slice(at + 1))
  if (isMalformedPunycode(domain)) return undefined
  // A number as domain (1.2, 0x7f.1) comes out as an IP address, and the mail would go to another host.
  if (isIPv4(domain)) return undefined
  const canonical = `${canonicalLocalPart(email.slice(0, at))}@${domain}`.toLowerCase()
  return canonical.length <= EMAIL_MAX_LENGTH && pattern.test(canonical) ? canonical : undefined
}

/** Octets. @see https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.1 */
const LOCAL_MAX_LENGTH = 64

/**
 * The same for an address that an account is to have: our mails are no place for sentences in quotes, such as `"call us at …"@example.com`.
 * @returns undefined also if the local part has spaces, or is longer than any mail server has to accept
 */
export function newEmail(email: string): string | undefined {
  const canonical = canonicalEmail(email)
  const local = canonical?.slice(0, canonical.lastIndexOf('@')) ?? ''
  return local.length > LOCAL_MAX_LENGTH || local.includes(' ') ? undefined : canonical
}

/** `xn--zzzz99` decodes to nothing, and no name server knows it. */
function isMalformedPunycode(domain: string): boolean {
  return domain.includes('xn--') && /(^|\.)xn--/.test(domainToUnicode(domain))
}

/** `"l\eia"` and `"leia"` mean `leia`. @see https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2 */
function canonicalLocalPart(local: string): string {
  if (!local.startsWith('"')) return local
  const content = local.slice(1, -1).replace(/\\(.)/g, '$1')
  return dotAtom.test(content) ? content : `"${content.replace(/["\\]/g, '\\$&')}"`
}
