/** A verifier of SMART Health Cards that nobody here wrote. */
import { inflateRawSync } from 'node:zlib'
import { Directory, SHCReader } from 'kill-the-clipboard'

/** Reads an issuer's keys and revocations, as verifiers do from time to time. What it returns verifies offline. */
export async function verifierOf(issuer: string): Promise<SHCReader> {
  return new SHCReader({ issuerDirectory: await Directory.fromURLs([issuer]) })
}

export interface CardClaims {
  iss: string
  nbf: number
  vc: { rid: string; credentialSubject: { fhirBundle: { entry: { resource: Record<string, unknown> }[] } } }
}

export function claimsIn(jws: string): CardClaims {
  return JSON.parse(inflateRawSync(Buffer.from(jws.split('.')[1] ?? '', 'base64url')).toString())
}
