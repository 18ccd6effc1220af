// app.keys: every key of the service, derived from SECRET by HKDF, and the keys of its tokens. The first secret signs, all of them verify.
import { hkdfSync, type KeyObject } from 'node:crypto'
import fp from 'fastify-plugin'
import { type AccessAlgorithm, DERIVED_KEYS } from './derived-keys.ts'
import { generatedSecret } from './generated-secret.ts'
import { hmacKey, privateKeyFile, type TokenKey, tokenKey } from './token-keys.ts'

const ALGORITHMS = Object.keys(DERIVED_KEYS) as AccessAlgorithm[]

export type TokenKind = 'access' | 'application' | 'resource' | 'refresh' | 'cookie' | 'mfa'

declare module 'fastify' {
  interface FastifyInstance {
    keys: {
      /**
       * The key for one purpose under each secret, newest first: 32 bytes each.
       * @see https://www.rfc-editor.org/rfc/rfc5869
       */
      derive(purpose: string): Buffer[]
      /** The keys of each kind of token, newest first. A kind cannot pass for another, because no two share a key but the kinds of access tokens, which differ in `aud` and claims. */
      tokens: Readonly<Record<TokenKind, TokenKey[]>>
      /** All keys whose public half is published: those of access tokens, then one of each other algorithm, which clients of the OpenID provider may ask for. */
      published(): Promise<TokenKey[]>
    }
  }
}

export default fp(
  async app => {
    const { SECRET = await generatedSecret(app.config.DATA_DIR), ACCESS_KEY_FILE, ACCESS_TOKEN_ALGORITHM } = app.config
    const secrets = [...new Set(SECRET.split(',').map(part => part.trim()))]
    const derive = (purpose: string) =>
      secrets.map(secret => Buffer.from(hkdfSync('sha256', secret, 'holocron', purpose, 32)))

    const derived = async (algorithms: AccessAlgorithm[]) => {
      const keys = algorithms.map(algorithm => DERIVED_KEYS[algorithm])
      return Promise.all(keys.flatMap(({ purpose, keyFrom }) => derive(purpose).map(keyFrom)))
    }
    const ofAccess = accessAlgorithms(ACCESS_TOKEN_ALGORITHM)
    const fromFile = ACCESS_KEY_FILE ? [await privateKeyFile(ACCESS_KEY_FILE)] : []
    const access = [...fromFile, ...(await derived(ofAccess))].map(tokenKey)
    let others: Promise<KeyObject[]> | undefined
    app.decorate('keys', {
      derive,
      async published() {
        others ??= derived(ALGORITHMS.filter(algorithm => !ofAccess.includes(algorithm)))
        return [...access, ...(await others).map(tokenKey)]
      },
      tokens: {
        access,
        application: access,
        resource: access,
        refresh: derive('refresh').map(hmacKey),
        cookie: derive('cookie').map(hmacKey),
        mfa: derive('mfa').map(hmacKey),
      },
    })
  },
  { name: 'keys', dependencies: ['config'] },
)

/** The first signs, all verify. EdDSA always does, so that moving from it to another one rejects no token. */
function accessAlgorithms(setting: string): AccessAlgorithm[] {
  const listed = setting.split(',').map(algorithm => algorithm.trim() as AccessAlgorithm)
  return [...new Set<AccessAlgorithm>([...listed, 'EdDSA'])]
}
