// app.refuseCommonPassword: what guessers try first is no password. The list is loaded with the first one that is chosen, so that the start stays quick.
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** @throws passwordTooCommon for a password of the list, in whatever case its letters are */
    refuseCommonPassword(password: string): Promise<void>
  }
}

/** The rule takes none that is shorter (characters). */
const MIN_LENGTH = 8

/** @see https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver */
export default fp(
  async app => {
    app.decorate('refuseCommonPassword', async password => {
      const common = await load()
      const normalised = password.normalize('NFC')
      if (common.has(normalised) || common.has(normalised.toLowerCase())) throw errors.passwordTooCommon()
    })
  },
  { name: 'common-passwords' },
)

let loading: Promise<Set<string>> | undefined

/** Once a process. */
function load(): Promise<Set<string>> {
  loading ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common'].filter(password => password.length >= MIN_LENGTH)),
  )
  return loading
}
