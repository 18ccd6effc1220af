/** What a registration or a login by passkey proves. The library checks signatures and formats; what it leaves open is checked here. */
import type { Assertion, Attestation } from '#schemas/webauthn.ts'
import type { NewPasskey, Passkey } from '#sql/passkeys.ts'
import type { Flag } from '#sql/tables.ts'

/** Whom an authenticator signs for, and what. */
export interface Expected {
  rpId: string
  origin: string
  /** As it was issued. */
  challenge: string
}

/** The signature algorithms of passkeys: Ed25519, ECDSA on P-256, and RSA for Windows Hello. @see https://www.iana.org/assignments/cose/ */
export const ALGORITHMS = [-8, -7, -257]

/** The library takes half a second to load: only who uses it waits. */
const webauthn = () => import('@simplewebauthn/server')
const helpers = () => import('@simplewebauthn/server/helpers')

/**
 * The challenge that was answered, before anything is verified.
 * @throws where the client data are none, or come from a frame in a page of another origin
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
 * The credential that an authenticator made.
 * @throws where it is not what was asked for
 */
export async function verifyAttestation(
  { id, rawId, type, clientExtensionResults, response }: Attestation,
  { rpId, origin, challenge }: Expected,
): Promise<Omit<NewPasskey, 'user_id' | 'name'>> {
  await refuseCertificates(response.attestationObject)
  if (clientExtensionResults.credProps?.rk === false) throw new Error('not discoverable')
  const { verifyRegistrationResponse } = await webauthn()
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: { id, rawId, type, clientExtensionResults: {}, response },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    supportedAlgorithmIDs: ALGORITHMS,
    requireUserVerification: true,
  })
  if (!verified || !registrationInfo) throw new Error('the attestation is not genuine')
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo
  if (!CREDENTIAL_ID.test(credential.id)) throw new Error('a credential id of no good length')
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

/** No attestation was asked for. One that brings certificates along is not looked at: their parsers, and the addresses that they name, are nobody's to reach. */
async function refuseCertificates(attestationObject: string): Promise<void> {
  const { decodeAttestationObject } = await helpers()
  const attestation = decodeAttestationObject(Uint8Array.from(Buffer.from(attestationObject, 'base64url')))
  const format: unknown = attestation.get('fmt')
  const signedByItself = format === 'packed' && attestation.get('attStmt').get('x5c') === undefined
  if (format !== 'none' && !signedByItself) throw new Error('an attestation that nobody asked for')
}

/**
 * What the holder of a passkey signed: the authenticator's counter, for the caller to compare, and whether the passkey is backed up.
 * @throws where it is not genuine, or its user was not verified
 */
export async function verifyAssertion(
  { id, rawId, type, response }: Assertion,
  passkey: Passkey,
  { rpId, origin, challenge }: Expected,
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
    expectedOrigin: origin,
    expectedRPID: rpId,
    // The library would compare the counter before it looks at the signature: then anybody could make a passkey look cloned.
    credential: { id, publicKey: Uint8Array.from(Buffer.from(passkey.public_key, 'base64url')), counter: 0 },
    requireUserVerification: true,
  })
  if (!verified) throw new Error('the signature is not genuine')
  const { newCounter, credentialDeviceType, credentialBackedUp } = authenticationInfo
  if (credentialDeviceType !== passkey.device_type) throw new Error('another kind of passkey than was registered')
  return { counter: newCounter, backed_up: credentialBackedUp ? 1 : 0 }
}
