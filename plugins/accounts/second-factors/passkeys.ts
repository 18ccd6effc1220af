import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { insertPasskey, listPasskeys, renamePasskey } from '#sql/passkeys.ts'
import { consumeChallenge } from '#sql/used-challenges.ts'
import type { Change, PasskeyFactor } from './types.ts'

export function createPasskeyFactor({ accounts, mfa, passkeys }: FastifyInstance, change: Change): PasskeyFactor {
  return {
    async creationOptions(caller, client, stepUp) {
      const user = await accounts.change(caller.user_id, client, async (_tx, user) => user, { caller, stepUp })
      return passkeys.creationOptions(user, caller.sid)
    },
    async register(caller, client, { credential, name = null }) {
      const made = await passkeys.verifyRegistration(credential, caller)
      return change(caller, client, 'passkey-added', async (tx, user) => {
        if (!(await consumeChallenge(tx, made.challenge))) throw errors.passkeyInvalid()
        if ((await listPasskeys(tx, user.id)).length >= passkeys.max) throw errors.tooManyPasskeys()
        const passkey = await insertPasskey(tx, { ...made.passkey, name })
        if (!passkey) throw errors.passkeyInvalid()
        const recovery_codes = user.mfa_enabled ? undefined : await mfa.recoveryCodes.renew(tx, user.id)
        return { passkey: passkeys.serialize(passkey), ...(recovery_codes && { recovery_codes }) }
      })
    },
    rename: (caller, client, { id, name }) =>
      accounts.change(
        caller.user_id,
        client,
        async (tx, { id: user_id }) => {
          const passkey = await renamePasskey(tx, { id, user_id, name })
          if (!passkey) throw errors.notFound()
          return passkeys.serialize(passkey)
        },
        { caller },
      ),
  }
}
