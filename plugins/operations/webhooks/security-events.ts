/**
 * What Security Event Tokens say of change events: the claims of CAEP and RISC for those that these know.
 * @see https://openid.net/specs/openid-caep-1_0-final.html @see https://openid.net/specs/openid-risc-1_0-final.html
 */
import type { ChangeEvent } from '#schemas/change-event.ts'

export interface SecurityEvent {
  sub_id: object
  /** By their URIs. */
  events: Record<string, object>
  /** When it happened (seconds since 1970). */
  toe?: number
}

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type'
const RISC = 'https://schemas.openid.net/secevent/risc/event-type'
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type'

/** Nobody registers whether a passkey stays on its device. */
const CREDENTIALS: Record<string, string> = { password: 'password', passkey: 'fido2-platform' }

/**
 * @param issuer the service's URL
 * @param isDisabled whether the event's user is disabled by now
 * @returns undefined for an event that Shared Signals do not know
 */
export async function securityEvent(
  event: ChangeEvent,
  issuer: string,
  isDisabled: () => Promise<boolean>,
): Promise<SecurityEvent | undefined> {
  const { data, type, time } = event
  const user = { format: 'iss_sub', iss: issuer, sub: `${data.user_id}` }
  const seconds = Math.floor(Date.parse(time) / 1000)
  const about = (sub_id: object, uri: string, claims: object): SecurityEvent => ({
    sub_id,
    events: { [uri]: claims },
    toe: seconds,
  })
  const by = { event_timestamp: seconds, initiating_entity: initiatorOf(event) }
  const credential = (credential_type: string) =>
    about(user, `${CAEP}/credential-change`, { ...by, credential_type, change_type: data.action })

  if (type === 'session.deleted') {
    // This one alone: with the user alone as its subject it would say that all are revoked.
    const session = { format: 'complex', user, session: { format: 'opaque', id: data.id } }
    return about(session, `${CAEP}/session-revoked`, by)
  }
  if (type.startsWith('otp_method.')) return credential('app')
  if (type.startsWith('login_method.')) {
    const known = CREDENTIALS[String(data.provider)]
    return known === undefined ? undefined : credential(known)
  }
  if (type === 'person.deleted') return about(user, `${RISC}/account-purged`, {})
  if (type === 'person.updated' && [data.changed].flat().includes('disabled'))
    return about(user, `${RISC}/account-${(await isDisabled()) ? 'disabled' : 'enabled'}`, {})
  return undefined
}

function initiatorOf({ actor, data }: ChangeEvent): 'user' | 'admin' | 'system' {
  if (actor === undefined) return 'system'
  return actor === `${data.user_id}` ? 'user' : 'admin'
}

/** Of the test event. @see https://openid.net/specs/openid-sharedsignals-framework-1_0-final.html#name-verification */
export function verificationClaims(webhookId: string): SecurityEvent {
  return { sub_id: { format: 'opaque', id: webhookId }, events: { [`${SSF}/verification`]: {} } }
}
