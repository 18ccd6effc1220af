/** Longer domains are cut at their beginning (characters): what tells whose they are stands at the end. */
const DOMAIN_MAX_LENGTH = 40

/** An address in a mail to somebody else: enough for its owner to recognize it, and no room for a message of theirs. */
export function masked(email: string): string {
  const at = email.lastIndexOf('@')
  const domain = email.slice(at + 1)
  const shown = domain.length > DOMAIN_MAX_LENGTH ? `…${domain.slice(1 - DOMAIN_MAX_LENGTH)}` : domain
  return `${email.slice(0, 1)}…@${shown}`
}
