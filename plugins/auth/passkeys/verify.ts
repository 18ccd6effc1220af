/** Verifies registrations and logins by passkey. The library checks signatures and formats; what it leaves open is checked here. */
import type { Assertion, Attestation } from '#schemas/webauthn.ts'
import type { NewPasskey, Passkey } from '#sql/passkeys.ts'
import type { Flag } from '#sql/tables.ts'

/** What an authenticator must have signed. */
export interface Expected {
  rpId: string
  /** Any of them, verbatim. */
  origins: string[]
  /** As it was issued. */
  challenge: string
}

/** The signature algorithms of passkeys: Ed25519, ECDSA on P-256, and RSA for Windows Hello. @see https://www.iana.org/assignments/cose/ */
export const ALGORITHMS = [-8, -7, -257]

/** The library takes half a second to load: at first use, not at the start. */
const webauthn = () => import('@simplewebauthn/server')
const helpers = () => import('@simplewebauthn/server/helpers')

/**
 * The challenge that the authenticator signed, before anything is verified.
 * @throws if the client data is malformed, or comes from a frame in a page of another origin
 */
export function challengeIn({ response }: Assertion | Attestation): string {
  const clientData: unknown = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url').toString())
  if (typeof clientData !== 'object' || clientData === null) throw new Error('no client data')
  if ('crossOrigin' in clientData && clientData.crossOrigin !== false)
    throw new Error('made in a frame of another origin')
  if ('challenge' in clientData && typeof clientData.challenge === 'string') return clientData.challenge
  throw new Error('no challenge')
}

/** At least 16 bytes, at most 1023. @see https://www.w3.org/TR/webauthn-3/#credential-id */
const CREDENTIAL_ID = /^[A-Za-z0-9_-]{22,1364}$/

/**
 * Verifies the credential that an authenticator made.
 * @throws if it is not what was asked for
 */
export async function verifyAttestation(
  { id, rawId, type, clientExtensionResults, response }: Attestation,
  { rpId, origins, challenge }: Expected,
): Promise<Omit<NewPasskey, 'user_id' | 'name'>> {
  await rejectCertificates(response.attestationObject)
  if (clientExtensionResults.credProps?.rk === false) throw new Error('not discoverable')
  const { verifyRegistrationResponse } = await webauthn()
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: { id, rawId, type, clientExtensionResults: {}, response },
    expectedChallenge: challenge,
    expectedOrigin: origins,
    expectedRPID: rpId,
    supportedAlgorithmIDs: ALGORITHMS,
    requireUserVerification: true,
  })
  if (!verified || !registrationInfo) throw new Error('the attestation is not genuine')
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo
  if (!CREDENTIAL_ID.test(credential.id)) throw new Error('the length of the credential id is out of bounds')
  return {
    credential_id: credential.id,
    public_key: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: JSON.stringify(response.transports ?? []),
    device_type: credentialDeviceType,
    backed_up: credentialBackedUp ? 1 : 0,
    aaguid,
  }
}

/** We ask for no attestation. One with certificates is rejected unread: their parsers, and the URLs they name, are attack surface. */
async function rejectCertificates(attestationObject: string): Promise<void> {
  const { decodeAttestationObject } = await helpers()
  const attestation = decodeAttestationObject(Uint8Array.from(Buffer.from(attestationObject, 'base64url')))
  const format: unknown = attestation.get('fmt')
  const signedByItself = format === 'packed' && attestation.get('attStmt').get('x5c') === undefined
  if (format !== 'none' && !signedByItself) throw new Error('an attestation that was not asked for')
}

/**
 * Verifies a login's signature.
 * @returns the authenticator's counter, for the caller to compare, and whether the passkey is backed up
 * @throws if it is not genuine, or the authenticator did not verify its user
 */
export async function verifyAssertion(
  { id, rawId, type, response }: Assertion,
  passkey: Passkey,
  { rpId, origins, challenge }: Expected,
): Promise<{ counter: number; backed_up: Flag }> {
  const { clientDataJSON, authenticatorData, signature } = response
  const { verifyAuthenticationResponse } = await webauthn()
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: {
      id,
      rawId,
      type,
      clientExtensionResults: {},
      response: { clientDataJSON, authenticatorData, signature },
    },
    expectedChallenge: challenge,
    expectedOrigin: origins,
    expectedRPID: rpId,
    // The library would compare the counter before it verifies the signature: anybody could make a passkey look cloned.
    credential: { id, publicKey: Uint8Array.from(Buffer.from(passkey.public_key, 'base64url')), counter: 0 },
    requireUserVerification: true,
  })
  if (!verified) throw new Error('the signature is not genuine')
  const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo
  if (credentialDeviceType !== passkey.device_type) throw new Error('another kind of passkey than was registered')
  return { counter: newCounter, backed_up: credentialBackedUp ? 1 : 0 }
}
