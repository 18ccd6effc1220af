import type { Schemas } from './types.ts'

/** Asks the browser, and so the user, to sign in with a passkey. @throws {DOMException} `NotAllowedError` if the user does not */
export async function signWithPasskey(options: Schemas['PasskeyRequestOptions']): Promise<unknown> {
  // The authenticator offers the passkeys it has.
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({ ...options, allowCredentials: [] })
  const credential = await navigator.credentials.get({ publicKey })
  if (!(credential instanceof PublicKeyCredential)) throw new TypeError('not a passkey')
  return credential.toJSON()
}
