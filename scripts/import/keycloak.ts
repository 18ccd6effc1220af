/** Converts a password credential of Keycloak to PHC string format. */
import { Type } from '@sinclair/typebox'
import { validator } from '../validator.ts'

const parameter = Type.Optional(Type.Array(Type.String(), { minItems: 1 }))

const checkCredential = validator(
  Type.Object({
    secretData: Type.Object({ value: Type.String(), salt: Type.String() }),
    credentialData: Type.Object({
      algorithm: Type.String(),
      hashIterations: Type.Integer(),
      additionalParameters: Type.Optional(
        Type.Object({ memory: parameter, type: parameter, version: parameter, parallelism: parameter }),
      ),
    }),
  }),
)
type Credential = ReturnType<typeof checkCredential>

const PBKDF2: Record<string, string> = {
  pbkdf2: 'pbkdf2-sha1',
  'pbkdf2-sha256': 'pbkdf2-sha256',
  'pbkdf2-sha512': 'pbkdf2-sha512',
}
const ARGON2_VERSIONS: Record<string, number> = { '1.0': 16, '1.3': 19 }

export function isCredential(value: unknown): value is { secretData: unknown; credentialData: unknown } {
  return typeof value === 'object' && value !== null && 'secretData' in value && 'credentialData' in value
}

/** @throws with the reason of the rejection @see https://www.keycloak.org/docs-api/latest/rest-api/index.html#CredentialRepresentation */
export function fromKeycloak({ secretData, credentialData }: { secretData: unknown; credentialData: unknown }): string {
  const credential = checkCredential({ secretData: parse(secretData), credentialData: parse(credentialData) })
  const { algorithm, hashIterations } = credential.credentialData
  const name = PBKDF2[algorithm]
  const cost = name === undefined ? argon2Cost(credential) : `${name}$${hashIterations}`
  const { salt, value } = credential.secretData
  return `$${cost}$${unpadded(salt)}$${unpadded(value)}`
}

function argon2Cost({ credentialData }: Credential): string {
  const { algorithm, hashIterations, additionalParameters = {} } = credentialData
  if (algorithm !== 'argon2') throw new Error(`password_hash: Keycloak's ${algorithm.slice(0, 40)} cannot be verified`)
  const { type = ['id'], version = ['1.3'], memory = [''], parallelism = ['1'] } = additionalParameters
  return `argon2${type[0]}$v=${ARGON2_VERSIONS[version[0] ?? '']}$m=${memory[0]},t=${hashIterations},p=${parallelism[0]}`
}

/** The export of a realm has both as JSON in a string. */
function parse(data: unknown): unknown {
  try {
    return typeof data === 'string' ? JSON.parse(data) : data
  } catch {
    return data
  }
}

const unpadded = (base64: string) => base64.replace(/=+$/, '')
