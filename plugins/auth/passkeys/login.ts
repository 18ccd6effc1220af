import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { findPasskey, recordPasskeyUse } from '#sql/passkeys.ts'
import { consumeChallenge } from '#sql/used-challenges.ts'
import { findUser } from '#sql/users.ts'
import { originOf } from '../../http/client.ts'
import type { Caller } from '../mfa/types.ts'
import type { Ceremony } from './ceremony.ts'
import { handleOf, requestOptions } from './options.ts'
import { PasskeyCloned, type Passkeys } from './types.ts'
import { verifyAssertion } from './verify.ts'

const PURPOSE = 'login'

export function createLogin(
  { db }: Pick<FastifyInstance, 'db'>,
  { rpId, challenges, complete }: Ceremony,
): Pick<Passkeys, 'requestOptions' | 'reauthenticationOptions' | 'authenticate' | 'consume'> {
  return {
    requestOptions: () => requestOptions(rpId, challenges.issue(PURPOSE)),
    reauthenticationOptions: caller => requestOptions(rpId, challenges.issue(purposeOf(caller))),
    async authenticate(assertion, client, caller) {
      const passkey = await findPasskey(db, assertion.id)
      const user = passkey && (await findUser(db, passkey.user_id))
      if (!passkey || !user) throw errors.passkeyRefused()
      const verified = await complete(assertion, purposeOf(caller), errors.passkeyRefused, expected => {
        if (caller && caller.user_id !== user.id) throw new Error("another account's passkey")
        if (assertion.response.userHandle !== handleOf(user.id)) throw new Error("another account's passkey")
        return verifyAssertion(assertion, passkey, expected)
      }).catch(async error => {
        const failure = caller
          ? ({ kind: 'reauthentication-failed', user_id: caller.user_id, session_id: caller.sid } as const)
          : ({ kind: 'login-failed', user_id: user.id, session_id: null } as const)
        await addAuditEvent(db, { ...failure, ...originOf(client) })
        throw error
      })
      // Only the holder of the passkey learns the state of the account.
      if (user.disabled) throw errors.accountDisabled()
      if (!user.email_verified) throw errors.emailUnverified()
      return { user, passkey, ...verified }
    },
    async consume(tx, { passkey: { id, credential_id }, challenge, counter, backed_up }) {
      // First: a mere replay must not be taken for a cloned authenticator.
      if (!(await consumeChallenge(tx, challenge))) throw errors.passkeyRefused()
      if (await recordPasskeyUse(tx, { id, counter, backed_up })) return
      throw (await findPasskey(tx, credential_id)) ? new PasskeyCloned() : errors.passkeyRefused()
    },
  }
}

/** What an authenticator signed to log in confirms nothing in a session, and what it signed in one session confirms nothing in another. */
function purposeOf(caller: Caller | undefined): string {
  return caller ? `reauthentication ${caller.user_id} ${caller.sid}` : PURPOSE
}
